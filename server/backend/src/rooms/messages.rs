//! Messages: stored together with others that come at the same time, each once.
//!
//! One task writes all messages. While a commit runs, the next ones gather; so a lonely message
//! waits for nothing, and under load one commit carries up to 256.

use super::{RoomInfo, ensure_stored};
use crate::{
    Backend, Clock, Refused, Result, clock,
    error::refuse,
    storage::{
        Db, StorageError, Tx,
        chat_sessions::{self, NewMessages},
        messages::{self, Message},
    },
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tincan_signaling::{
    Code, EventId, Refusal, Timestamp,
    event::{Role, Sender},
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// A message that somebody pushed.
#[derive(Clone)]
pub struct NewMessage {
    /// Chosen by whoever pushed it: the same id twice is the same message.
    pub id: EventId,
    pub from: Sender,
    pub text: String,
}

impl fmt::Debug for NewMessage {
    /// Without the text: it never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMessage").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A message that is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// When it was stored first.
    pub at: Timestamp,
    /// `false`: it was there already.
    pub fresh: bool,
}

type Answer = std::result::Result<Stored, Refusal>;

impl Backend {
    /// Stores a message, once: when this returns, it is committed. The rows of visitor and
    /// conversation are written with the first one. An id that belongs to another message, because it
    /// has another author, place or text, is `forbidden`.
    pub async fn store_message(&self, room: &RoomInfo, message: NewMessage) -> Result<Stored> {
        // PostgreSQL cannot store it, and no keyboard makes it.
        if message.text.contains('\0') {
            return refuse(Code::BadEvent, "A message cannot hold the character NUL.");
        }
        let (reply, answer) = oneshot::channel();
        let request = Request { room: room.clone(), message, reply };
        let gone = || Refused::internal("the task that writes messages is gone");
        self.inner.messages.queue.send(request).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// How many commits all messages so far took: a metric of how many share one.
    pub fn message_commits(&self) -> u64 {
        self.inner.messages.commits.load(Ordering::Relaxed)
    }
}

/// The way to the task that writes messages. The task ends when this is dropped.
pub(crate) struct MessageWriter {
    queue: mpsc::Sender<Request>,
    commits: Arc<AtomicU64>,
}

struct Request {
    room: RoomInfo,
    message: NewMessage,
    reply: oneshot::Sender<Result<Stored>>,
}

impl MessageWriter {
    pub(crate) fn start(db: Db, clock: Clock) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE);
        let commits = Arc::<AtomicU64>::default();
        tokio::spawn(Writer { db, clock, commits: Arc::clone(&commits), latest_us: 0 }.run(requests));
        Self { queue, commits }
    }
}

struct Writer {
    db: Db,
    clock: Clock,
    commits: Arc<AtomicU64>,
    /// Each message is stored a microsecond later than the one before at least: history has the
    /// order of the commits.
    latest_us: u64,
}

impl Writer {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut batch = Vec::with_capacity(BATCH);
        while requests.recv_many(&mut batch, BATCH).await > 0 {
            let taken = std::mem::take(&mut batch);
            match self.write(&taken).await {
                Ok(answers) => answer_all(taken, answers),
                Err(_) if taken.len() > 1 => self.write_one_by_one(taken).await,
                Err(error) => answer_all_failed(taken, error),
            }
        }
    }

    /// One that cannot be stored must not take the others along.
    async fn write_one_by_one(&mut self, requests: Vec<Request>) {
        for request in requests {
            let alone = vec![request];
            match self.write(&alone).await {
                Ok(answers) => answer_all(alone, answers),
                Err(error) => answer_all_failed(alone, error),
            }
        }
    }

    /// Stores a batch in one transaction.
    async fn write(&mut self, requests: &[Request]) -> std::result::Result<Vec<Answer>, StorageError> {
        let rows: Vec<Message> = requests.iter().map(|request| self.row(request)).collect();
        let mut tx = self.db.begin().await?;
        let mut ensured = HashSet::new();
        for (request, row) in requests.iter().zip(&rows) {
            if ensured.insert(row.session_id) {
                ensure_stored(&mut tx, &request.room, row.created_at).await?;
            }
        }
        let mut fresh: HashSet<Uuid> = messages::insert_new(&mut tx, &rows).await?.into_iter().collect();
        let mut news = BTreeMap::new();
        let mut known = HashMap::new();
        let mut was_known = Vec::with_capacity(rows.len());
        for row in &rows {
            if fresh.remove(&row.id) {
                note(&mut news, row);
                known.insert(row.id, row.clone());
                was_known.push(false);
            } else {
                was_known.push(true);
            }
        }
        add_stored_before(&mut tx, &rows, &mut known).await?;
        for (session, news) in news {
            chat_sessions::add_messages(&mut tx, session, news).await?;
        }
        tx.commit().await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(rows
            .iter()
            .zip(was_known)
            .map(|(row, was_known)| answer(row, known.get(&row.id), was_known))
            .collect())
    }

    fn row(&mut self, request: &Request) -> Message {
        let Request { room, message, .. } = request;
        self.latest_us = clock::to_us(self.clock.utc()).max(self.latest_us + 1);
        Message {
            id: message.id.0,
            session_id: room.session.0,
            author: message.from.sub.0,
            author_role: message.from.role.as_str().to_owned(),
            author_name: message.from.name.clone(),
            body: message.text.clone(),
            created_at: clock::to_utc_us(self.latest_us),
        }
    }
}

/// Reads those of a batch that were in the database before it.
async fn add_stored_before(
    tx: &mut Tx,
    rows: &[Message],
    known: &mut HashMap<Uuid, Message>,
) -> std::result::Result<(), StorageError> {
    let missing: Vec<Uuid> = rows.iter().map(|row| row.id).filter(|id| !known.contains_key(id)).collect();
    for row in messages::find_in(tx, &missing).await? {
        known.insert(row.id, row);
    }
    Ok(())
}

/// Collects what a fresh message changes about its conversation.
fn note(news: &mut BTreeMap<Uuid, NewMessages>, row: &Message) {
    let entry = news.entry(row.session_id).or_insert(NewMessages {
        last_id: row.id,
        last_at: row.created_at,
        answered: false,
        unread: 0,
    });
    entry.last_id = row.id;
    entry.last_at = row.created_at;
    if row.author_role == Role::Visitor.as_str() {
        entry.unread += 1;
    } else {
        entry.answered = true;
        entry.unread = 0;
    }
}

fn answer(row: &Message, stored: Option<&Message>, was_known: bool) -> Answer {
    let same = |stored: &&Message| {
        stored.author == row.author && stored.session_id == row.session_id && stored.body == row.body
    };
    match stored.filter(same) {
        Some(stored) => Ok(Stored { at: clock::to_wire(stored.created_at), fresh: !was_known }),
        None => Err(Refusal::new(Code::Forbidden, "This id belongs to another message.")),
    }
}

fn answer_all(requests: Vec<Request>, answers: Vec<Answer>) {
    for (request, answer) in requests.into_iter().zip(answers) {
        // Whoever asked may be gone; the message is stored all the same.
        let _ = request.reply.send(answer.map_err(Refused::from));
    }
}

fn answer_all_failed(requests: Vec<Request>, error: StorageError) {
    let mut error = Some(error);
    for request in requests {
        let cause = error.take().map_or_else(|| Refused::internal("not written"), Refused::from);
        let _ = request.reply.send(Err(cause));
    }
}

/// So many messages share a commit at most.
const BATCH: usize = 256;
const QUEUE: usize = 1024;
