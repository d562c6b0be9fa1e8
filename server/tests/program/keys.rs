//! `tincan key rotate` beside a running server.

use crate::{demo::Demo, folder::Folder};
use reqwest::{
    Client, StatusCode,
    header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn refresh_cookie(headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let mut names = set.filter_map(|cookie| cookie.split(';').next());
    names.find(|cookie| cookie.starts_with("__Secure-")).unwrap().to_owned()
}

/// What a token says before its claims: among it the name of the key.
fn head(token: &str) -> String {
    token.split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_running_server_takes_a_new_key_up_and_signs_nobody_out() {
    let folder = Folder::empty();
    let demo = Demo::start(&folder, &[("TINCAN__LOG__FILTER", "info")]);
    let told = demo.json();
    let (url, client) = (told["url"].as_str().unwrap(), Client::new());
    let login = client.post(format!("{url}/api/auth/login")).json(&told["agents"][0]).send().await.unwrap();
    let mut cookie = refresh_cookie(login.headers());
    let before: Value = login.json().await.unwrap();
    let before = before["access_token"].as_str().unwrap();
    let widget = json!({"key": told["tenant_key"]});
    let visitor = client.post(format!("{url}/api/widget/sessions")).json(&widget).send().await.unwrap();
    let visitor: Value = visitor.json().await.unwrap();

    let rotated = folder.run(&["key", "rotate", "--data-dir", "demo-data", "--port", "0"]);
    rotated.is_good().says("within seconds");
    let started = Instant::now();
    let renewed = loop {
        let refresh = client.post(format!("{url}/api/auth/refresh")).header(COOKIE, &cookie);
        let answer = refresh.header(ORIGIN, url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "somebody was signed out");
        cookie = refresh_cookie(answer.headers());
        let body: Value = answer.json().await.unwrap();
        let token = body["access_token"].as_str().unwrap().to_owned();
        if head(&token) != head(before) {
            break token;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the new key is not taken up");
    };
    for token in [before, visitor["token"].as_str().unwrap(), &renewed] {
        let list = client.get(format!("{url}/api/chat-sessions")).bearer_auth(token).send().await.unwrap();
        assert_eq!(list.status(), StatusCode::OK);
    }
    let again = json!({"key": told["tenant_key"], "resume": visitor["resume"]});
    let again = client.post(format!("{url}/api/widget/sessions")).json(&again).send().await.unwrap();
    let again: Value = again.json().await.unwrap();
    assert_eq!(again["session_id"], visitor["session_id"]);
    let log = demo.stop();
    assert!(log.contains("another key signs tokens now"), "{log}");
}
