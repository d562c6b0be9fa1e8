//! Customers of the instance.

use super::{
    db::{Db, Tx},
    error::{StorageError, one_row},
    row::Id,
};
use sea_query::{Expr, ExprTrait, Iden, LockType, Order, Query, SelectStatement, SimpleExpr};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Iden)]
enum Tenants {
    Table,
    Id,
    Name,
    PublicKey,
    Plan,
    VoiceEnabled,
    RelayOnly,
    ThemeHue,
    ThemeChroma,
    ThemeLauncher,
    CreatedAt,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) public_key: String,
    pub(crate) plan: String,
    pub(crate) voice_enabled: bool,
    pub(crate) theme_hue: i32,
    pub(crate) theme_chroma: f64,
    pub(crate) theme_launcher: Option<String>,
    pub(crate) created_at: OffsetDateTime,
}

/// One setting of a tenant.
pub(crate) enum Setting {
    Plan(&'static str),
    VoiceEnabled(bool),
    Theme { hue: i32, chroma: f64, launcher: Option<String> },
}

pub(crate) async fn insert(tx: &mut Tx, tenant: &Tenant) -> Result<(), StorageError> {
    let row = tenant.clone();
    // Nothing reads `relay_only` yet; the column has no default.
    let insert = Query::insert()
        .into_table(Tenants::Table)
        .columns(COLUMNS.into_iter().chain([Tenants::RelayOnly]))
        .values_panic([
            row.id.into(),
            row.name.into(),
            row.public_key.into(),
            row.plan.into(),
            row.voice_enabled.into(),
            row.theme_hue.into(),
            row.theme_chroma.into(),
            row.theme_launcher.into(),
            row.created_at.into(),
            false.into(),
        ])
        .to_owned();
    one_row("tenants", tx.execute(&insert).await?)
}

pub(crate) async fn find(db: &Db, id: Uuid) -> Result<Option<Tenant>, StorageError> {
    db.fetch_optional(select().and_where(Expr::col(Tenants::Id).eq(id))).await
}

pub(crate) async fn find_in(tx: &mut Tx, id: Uuid) -> Result<Option<Tenant>, StorageError> {
    tx.fetch_optional(select().and_where(Expr::col(Tenants::Id).eq(id))).await
}

pub(crate) async fn find_by_key(db: &Db, key: &str) -> Result<Option<Tenant>, StorageError> {
    db.fetch_optional(select().and_where(Expr::col(Tenants::PublicKey).eq(key))).await
}

pub(crate) async fn all(db: &Db) -> Result<Vec<Tenant>, StorageError> {
    db.fetch_all(select().order_by(Tenants::Id, Order::Asc)).await
}

/// Holds the tenant's row until the transaction ends: whoever counts its users first, writes first.
/// Rows that only refer to it, such as an entry of the audit log, do not wait.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid) -> Result<bool, StorageError> {
    let select = Query::select()
        .column(Tenants::Id)
        .from(Tenants::Table)
        .and_where(Expr::col(Tenants::Id).eq(id))
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    Ok(tx.fetch_optional::<Id>(&select).await?.is_some_and(|row| row.id == id))
}

pub(crate) async fn set(tx: &mut Tx, id: Uuid, setting: Setting) -> Result<(), StorageError> {
    let values: Vec<(Tenants, SimpleExpr)> = match setting {
        Setting::Plan(plan) => vec![(Tenants::Plan, plan.into())],
        Setting::VoiceEnabled(on) => vec![(Tenants::VoiceEnabled, on.into())],
        Setting::Theme { hue, chroma, launcher } => vec![
            (Tenants::ThemeHue, hue.into()),
            (Tenants::ThemeChroma, chroma.into()),
            (Tenants::ThemeLauncher, launcher.into()),
        ],
    };
    let update = Query::update()
        .table(Tenants::Table)
        .values(values)
        .and_where(Expr::col(Tenants::Id).eq(id))
        .to_owned();
    one_row("tenants", tx.execute(&update).await?)
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Tenants::Table).to_owned()
}

const COLUMNS: [Tenants; 9] = [
    Tenants::Id,
    Tenants::Name,
    Tenants::PublicKey,
    Tenants::Plan,
    Tenants::VoiceEnabled,
    Tenants::ThemeHue,
    Tenants::ThemeChroma,
    Tenants::ThemeLauncher,
    Tenants::CreatedAt,
];
