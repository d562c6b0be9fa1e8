//! Signing in, staying in, signing out; and what another site cannot do.

use crate::app::{TestApp, cookies, header, problem, refusal, refused, with_cookies};
use reqwest::{
    StatusCode,
    header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE},
};
use serde_json::json;
use tincan_backend::Identity;

#[tokio::test]
async fn signing_in_gives_a_token_and_two_guarded_cookies() {
    let app = TestApp::start().await;
    let who = &app.demo.agents[0];
    let body = json!({"email": who.email.to_uppercase(), "password": who.password});
    let answer = app.post("/api/auth/login").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let set: Vec<String> = answer
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| cookie.to_str().unwrap().split_once('=').unwrap())
        .map(|(name, rest)| format!("{name}:{}", rest.split_once(';').unwrap().1))
        .collect();
    assert!(set[0].starts_with("__Host-tincan: Path=/; HttpOnly; Secure; SameSite=Lax;"), "{set:?}");
    let refresh = "__Secure-tincan-refresh: Path=/api/auth; HttpOnly; Secure; SameSite=Strict;";
    assert!(set[1].starts_with(refresh), "{set:?}");
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert_eq!(body["user"]["email"], who.email.as_str());
    assert_eq!(body["user"]["role"], "agent");
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn what_cannot_sign_in_is_told_why() {
    let app = TestApp::start().await;
    let login = |body: serde_json::Value| app.post("/api/auth/login").json(&body);
    let email = &app.demo.agents[0].email;
    let wrong = refusal(login(json!({"email": email, "password": "wrong"}))).await;
    assert_eq!(wrong, refused(401, "unauthorized"));
    let nobody = json!({"email": "nobody@example.com", "password": "wrong"});
    assert_eq!(refusal(login(nobody)).await, refused(401, "unauthorized"));
    assert_eq!(refusal(login(json!({"email": email}))).await, refused(400, "bad-request"));
    let text = app.post("/api/auth/login").header("content-type", "application/json").body("{");
    assert_eq!(refusal(text).await, refused(400, "bad-request"));
    let large = json!({"email": email, "password": "x".repeat(70_000)});
    assert_eq!(refusal(login(large)).await, refused(413, "too-large"));
}

#[tokio::test]
async fn too_many_attempts_wait() {
    let app = TestApp::start().await;
    let body = json!({"email": "nobody@example.com", "password": "wrong"});
    let mut tries = 0;
    let body = loop {
        let (status, answer) = problem(app.post("/api/auth/login").json(&body)).await;
        if status != 401 {
            assert_eq!((status, &answer["code"]), (429, &json!("rate-limited")));
            break answer;
        }
        tries += 1;
        assert!(tries < 50, "nobody counts failed sign-ins");
    };
    assert!(body["retry_after_ms"].as_u64().is_some_and(|wait| wait <= 60_000), "{body}");
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_refused_like_one_that_does() {
    let app = TestApp::start().await;
    let disabled = &app.demo.agents[1].email;
    let user = app.backend.user_by_email(&Identity::console(), disabled).await.unwrap();
    app.backend.disable_user(&Identity::console(), user.id).await.unwrap();
    let attempt = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let answer = app.post("/api/auth/login").json(&body).send().await.unwrap();
        let status = answer.status();
        let mut headers = answer.headers().clone();
        headers.remove("date");
        (status, headers, answer.text().await.unwrap())
    };
    let known = attempt(&app.demo.agents[0].email, "wrong").await;
    assert_eq!(known.0, StatusCode::UNAUTHORIZED);
    assert_eq!(attempt("nobody@example.com", "wrong").await, known);
    assert_eq!(attempt("not an address", "wrong").await, known);
    assert_eq!(attempt(&"x".repeat(300), "wrong").await, known);
    assert_eq!(attempt(disabled, "wrong").await, known);
    assert_eq!(attempt(disabled, &app.demo.agents[1].password).await, known);
    let long = "x".repeat(2_000);
    assert_eq!(attempt(&app.demo.agents[0].email, &long).await, attempt("nobody@example.com", &long).await);
}

#[tokio::test]
async fn an_address_that_guesses_waits_whatever_it_says_it_is() {
    let wait_of = async |app: &TestApp| {
        for n in 0..70 {
            let body = json!({"email": format!("n{n}@example.com"), "password": "wrong"});
            let request = app.post("/api/auth/login").header("x-forwarded-for", format!("198.51.100.{n}"));
            let answer = request.json(&body).send().await.unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                let seconds: u64 = header(&answer, "retry-after").parse().unwrap();
                assert!((1..=3).contains(&seconds), "{seconds}");
                return Some(n);
            }
        }
        None
    };
    let waited = wait_of(&TestApp::start().await).await;
    assert!(waited.is_some_and(|n| (40..60).contains(&n)), "{waited:?}");
    // Behind a proxy that we trust each of them is its own.
    let proxied = TestApp::with(&[("trusted_proxies", "127.0.0.0/8")]).await;
    assert_eq!(wait_of(&proxied).await, None);
}

#[tokio::test]
async fn a_session_is_renewed_by_its_cookie_from_our_own_pages_only() {
    let app = TestApp::start().await;
    let agent = app.agent().await;
    let renew = || with_cookies(app.post("/api/auth/refresh"), &agent);

    assert_eq!(refusal(renew()).await, refused(403, "csrf"));
    let foreign = renew().header(ORIGIN, "https://shop.example");
    assert_eq!(refusal(foreign).await, refused(403, "csrf"));
    let cross = renew().header("sec-fetch-site", "cross-site");
    assert_eq!(refusal(cross).await, refused(403, "csrf"));

    // Two tabs renew at once: both get the same successor.
    let first = renew().header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let second = renew().header(ORIGIN, app.url.origin()).send().await.unwrap();
    assert_eq!(second.status(), StatusCode::OK);
    let refresh_of = |cookies: String| cookies.split("; ").last().unwrap().to_owned();
    let successor = refresh_of(cookies(first.headers()));
    assert_eq!(successor, refresh_of(cookies(second.headers())));
    assert_ne!(successor, refresh_of(agent.cookies.clone()));

    let nobody = app.own_post("/api/auth/refresh");
    assert_eq!(refusal(nobody).await, refused(401, "unauthorized"));
}

#[tokio::test]
async fn signing_out_ends_the_token_and_takes_the_cookies_back() {
    let app = TestApp::start().await;
    let agent = app.agent().await;
    let list = || app.get("/api/chat-sessions").bearer_auth(agent.token());
    assert_eq!(list().send().await.unwrap().status(), StatusCode::OK);

    let out = with_cookies(app.own_post("/api/auth/logout"), &agent).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_eq!(cookies(out.headers()), "__Host-tincan=; __Secure-tincan-refresh=");
    assert_eq!(refusal(list()).await, refused(401, "unauthorized"));
    let again = with_cookies(app.own_post("/api/auth/refresh"), &agent);
    assert_eq!(refusal(again).await, refused(401, "unauthorized"));

    let form = app.own_post("/api/auth/logout").header("accept", "text/html,*/*;q=0.8");
    let out = form.send().await.unwrap();
    assert_eq!((out.status(), header(&out, "location")), (StatusCode::SEE_OTHER, "/login?out=1"));
}

#[tokio::test]
async fn the_plain_form_signs_in_and_leads_on() {
    let app = TestApp::start().await;
    let who = &app.demo.agents[0];
    let submit = |password: &str, next: &str| {
        let form = [("email", who.email.as_str()), ("password", password), ("next", next)];
        app.own_post("/login").form(&form).send()
    };
    let good = submit(&who.password, "/admin").await.unwrap();
    assert_eq!((good.status(), header(&good, "location")), (StatusCode::SEE_OTHER, "/admin"));
    assert!(cookies(good.headers()).starts_with("__Host-tincan=ey"));

    let wrong = submit("wrong", "/admin").await.unwrap();
    assert_eq!(wrong.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&wrong, "location"), "/login?error=unauthorized&next=%2Fadmin");
    assert_eq!(cookies(wrong.headers()), "");

    let away = submit(&who.password, "//shop.example/").await.unwrap();
    assert_eq!(header(&away, "location"), "/dashboard");
}

#[tokio::test]
async fn another_site_cannot_sign_anybody_in() {
    let app = TestApp::start().await;
    let who = &app.demo.agents[0];
    let body = json!({"email": who.email, "password": who.password});
    for path in ["/api/auth/login", "/login"] {
        let attempt = app.post(path).header(ORIGIN, "https://shop.example").json(&body);
        assert_eq!(refusal(attempt).await, refused(403, "origin-denied"), "{path}");
    }
}

#[tokio::test]
async fn a_page_renews_a_sign_in_on_the_way() {
    let app = TestApp::start().await;
    let agent = app.agent().await;
    let refresh = agent.cookies.split("; ").last().unwrap().to_owned();
    let page = app.get("/admin?tab=users").header(COOKIE, &refresh).send().await.unwrap();
    let way = header(&page, "location").to_owned();
    assert_eq!(way, "/api/auth/continue?next=%2Fadmin%3Ftab%3Dusers");

    let renewed = app.get(&way).header(COOKIE, &refresh).send().await.unwrap();
    assert_eq!(renewed.headers()[LOCATION], "/admin?tab=users");
    assert!(cookies(renewed.headers()).starts_with("__Host-tincan=ey"));

    let stranger = app.get(&way).send().await.unwrap();
    assert_eq!(header(&stranger, "location"), "/login?next=%2Fadmin%3Ftab%3Dusers");
}
