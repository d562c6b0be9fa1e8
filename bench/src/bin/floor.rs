//! The floor: the least that a relay over WebSocket can do. Whoever is on one path is in one room,
//! and each frame goes unread to everybody else there.

use anyhow::{Context, Result};
use futures::{SinkExt, StreamExt};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::WebSocketConfig,
    },
};

/// The members of one room, each with its number.
type Room = Arc<Mutex<Vec<(u64, mpsc::Sender<Message>)>>>;
type Rooms = Arc<Mutex<HashMap<String, Room>>>;

const BUFFER: usize = 4 * 1024;
const QUEUE: usize = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).context("usage: floor ADDRESS")?;
    let listener = TcpListener::bind(&address).await?;
    let rooms = Rooms::default();
    let mut number = 0;
    loop {
        let (stream, _) = listener.accept().await?;
        number += 1;
        // A peer that breaks off is no trouble of ours.
        tokio::spawn(serve(stream, number, rooms.clone()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(stream: TcpStream, number: u64, rooms: Rooms) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER);
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the library's signature; this one never refuses")]
    let note = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let mut stream = accept_hdr_async_with_config(stream, note, Some(config)).await.ok()?;
    let (sender, mut frames) = mpsc::channel(QUEUE);
    let room = lock(&rooms).entry(path).or_default().clone();
    lock(&room).push((number, sender));
    loop {
        tokio::select! {
            frame = frames.recv() => {
                if stream.send(frame?).await.is_err() {
                    break;
                }
            }
            message = stream.next() => {
                let Some(Ok(message)) = message else { break };
                if message.is_text() || message.is_binary() {
                    for (_, other) in lock(&room).iter().filter(|(member, _)| *member != number) {
                        // A full queue drops the frame: the bench would notice.
                        let _full = other.try_send(message.clone());
                    }
                }
            }
        }
    }
    lock(&room).retain(|(member, _)| *member != number);
    Some(())
}
