//! People who sign in.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
    row::Count,
};
use sea_query::{Expr, ExprTrait, Iden, LockType, Order, Query, SelectStatement};
use sqlx::FromRow;
use time::OffsetDateTime;
use tincan_signaling::event::Role;
use uuid::Uuid;

#[derive(Iden)]
enum Users {
    Table,
    Id,
    TenantId,
    Email,
    Name,
    Role,
    PasswordHash,
    CreatedAt,
    DisabledAt,
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) disabled_at: Option<OffsetDateTime>,
}

#[derive(FromRow)]
struct UserRow {
    id: Uuid,
    tenant_id: Option<Uuid>,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    created_at: OffsetDateTime,
    disabled_at: Option<OffsetDateTime>,
}

impl TryFrom<UserRow> for User {
    type Error = StorageError;

    fn try_from(row: UserRow) -> Result<Self, StorageError> {
        let role = ROLES.into_iter().find(|role| role.as_str() == row.role);
        let role = role.ok_or_else(|| StorageError::Inconsistent {
            table: "users",
            id: row.id.to_string(),
            column: "role",
        })?;
        Ok(Self {
            id: row.id,
            tenant_id: row.tenant_id,
            email: row.email,
            name: row.name,
            role,
            password_hash: row.password_hash,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        })
    }
}

pub(crate) async fn insert(tx: &mut Tx, user: &User) -> Result<(), StorageError> {
    let insert = Query::insert()
        .into_table(Users::Table)
        .columns(COLUMNS)
        .values_panic([
            user.id.into(),
            user.tenant_id.into(),
            user.email.as_str().into(),
            user.name.as_str().into(),
            user.role.as_str().into(),
            user.password_hash.as_str().into(),
            user.created_at.into(),
            user.disabled_at.into(),
        ])
        .to_owned();
    one_row("users", tx.execute(&insert).await?)
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<User>, StorageError> {
    let select = select().and_where(Expr::col(Users::Id).eq(id)).to_owned();
    db.fetch_optional::<UserRow>(&select).await?.map(User::try_from).transpose()
}

pub(crate) async fn find_in(tx: &mut Tx, id: Uuid) -> Result<Option<User>, StorageError> {
    let select = select().and_where(Expr::col(Users::Id).eq(id)).to_owned();
    tx.fetch_optional::<UserRow>(&select).await?.map(User::try_from).transpose()
}

/// Reads a user and holds the row until the transaction ends: whoever disables them or changes
/// their password waits, or was first and is seen.
pub(crate) async fn hold(tx: &mut Tx, id: Uuid) -> Result<Option<User>, StorageError> {
    let select = select().and_where(Expr::col(Users::Id).eq(id)).lock(LockType::NoKeyUpdate).to_owned();
    tx.fetch_optional::<UserRow>(&select).await?.map(User::try_from).transpose()
}

/// `email` is lower case.
pub(crate) async fn find_by_email(db: &Db, email: &str) -> Result<Option<User>, StorageError> {
    let select = select().and_where(Expr::col(Users::Email).eq(email)).to_owned();
    db.fetch_optional::<UserRow>(&select).await?.map(User::try_from).transpose()
}

pub(crate) async fn of_tenant(db: &Db, tenant: Uuid) -> Result<Vec<User>, StorageError> {
    let select =
        select().and_where(Expr::col(Users::TenantId).eq(tenant)).order_by(Users::Id, Order::Asc).to_owned();
    db.fetch_all::<UserRow>(&select).await?.into_iter().map(User::try_from).collect()
}

/// Users of the tenant who are not disabled; only those of `role` when given.
pub(crate) async fn count_active(tx: &mut Tx, tenant: Uuid, role: Option<Role>) -> Result<u32, StorageError> {
    let select = Query::select()
        .expr_as(Expr::col(Users::Id).count(), "n")
        .from(Users::Table)
        .and_where(Expr::col(Users::TenantId).eq(tenant))
        .and_where(Expr::col(Users::DisabledAt).is_null())
        .and_where_option(role.map(|role| Expr::col(Users::Role).eq(role.as_str())))
        .to_owned();
    let count = tx.fetch_optional::<Count>(&select).await?;
    Ok(count.map_or(0, |count| count.n.try_into().unwrap_or(u32::MAX)))
}

pub(crate) async fn set_disabled(
    tx: &mut Tx,
    id: Uuid,
    disabled_at: Option<OffsetDateTime>,
) -> Result<(), StorageError> {
    let update = Query::update()
        .table(Users::Table)
        .value(Users::DisabledAt, disabled_at)
        .and_where(Expr::col(Users::Id).eq(id))
        .to_owned();
    one_row("users", tx.execute(&update).await?)
}

pub(crate) async fn set_role(tx: &mut Tx, id: Uuid, role: Role) -> Result<(), StorageError> {
    let update = Query::update()
        .table(Users::Table)
        .value(Users::Role, role.as_str())
        .and_where(Expr::col(Users::Id).eq(id))
        .to_owned();
    one_row("users", tx.execute(&update).await?)
}

pub(crate) async fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<(), StorageError> {
    let update = Query::update()
        .table(Users::Table)
        .value(Users::PasswordHash, password_hash)
        .and_where(Expr::col(Users::Id).eq(id))
        .to_owned();
    one_row("users", tx.execute(&update).await?)
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Users::Table).to_owned()
}

/// The roles that users may have.
const ROLES: [Role; 4] = [Role::Agent, Role::Manager, Role::Admin, Role::Operator];

const COLUMNS: [Users; 8] = [
    Users::Id,
    Users::TenantId,
    Users::Email,
    Users::Name,
    Users::Role,
    Users::PasswordHash,
    Users::CreatedAt,
    Users::DisabledAt,
];
