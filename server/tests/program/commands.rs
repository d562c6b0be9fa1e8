//! Setting a server up from the command line.

use crate::folder::Folder;

#[test]
fn an_empty_folder_is_told_what_to_do_next() {
    let folder = Folder::empty();
    for command in [&[][..], &["serve"]] {
        let run = folder.run(command);
        run.fails().says("tincan demo").says("tincan tenant create").says("tincan user create");
    }
    folder.run(&["doctor"]).is_good().says("not there yet");
}

#[test]
fn the_commands_it_names_work() {
    let folder = Folder::empty();
    let made =
        folder.run(&["tenant", "create", "Acme", "--plan", "premium", "--origin", "https://a.example"]);
    made.is_good().says("data-tenant=");
    let user = ["user", "create", "--email", "ann@example.com", "--name", "Ann", "--role", "admin"];
    folder.run(&user).is_good().says("shown this once");
    folder.run(&user).fails().says("email already");
    let key = made.out.split("data-tenant=\"").nth(1).unwrap().split('"').next().unwrap();

    let given = ["user", "create", "--email", "bob@example.com", "--name", "Bob", "--password-stdin"];
    let bob = folder.run_with_input(&given, "correct horse battery staple\n");
    bob.is_good();
    assert!(!bob.out.contains("correct horse"), "a password that was given is not shown");
    folder.run(&["user", "disable", "bob@example.com"]).is_good();
    let listed = folder.run(&["user", "list"]);
    listed.is_good().says("disabled").says("admin");
    folder.run(&["user", "enable", "bob@example.com"]).is_good();
    folder.run(&["user", "reset-password", "bob@example.com"]).says("shown this once");

    folder.run(&["user", "set-role", "bob@example.com", "manager"]).is_good().says("manager");
    folder.run(&["user", "set-role", "ann@example.com", "agent"]).fails().says("last admin");
    let audit = folder.run(&["audit", "--tenant", key]);
    audit.is_good().says("user.role").says("bob@example.com agent to manager").says("Console");

    folder.run(&["tenant", "list"]).says(key).says("premium");
    folder.run(&["tenant", "set-plan", key, "free"]).is_good().says("free");
    folder.run(&["tenant", "set-plan", key, "gold"]).fails().says("free or premium");
    folder.run(&["tenant", "create", "Other"]).is_good();
    folder.run(&["user", "list"]).fails().says("--tenant");
    folder.run(&["key", "rotate"]).is_good().says("New tokens");
    folder.run(&["key", "rotate"]).fails().says("--now");
    folder.run(&["key", "rotate", "--now"]).is_good().says("refused from then on");
    folder.run(&["audit"]).is_good().says("key.rotate").says("key.replace");
    folder.run(&["audit", "--json", "--limit", "1"]).is_good().says("\"action\":\"key.replace\"");
    folder.run(&["migrate"]).is_good().says("up to date");
    folder.run(&["doctor", "--port", "0"]).is_good().says("answers and is up to date");
}

#[test]
fn the_effective_configuration_is_shown_without_secrets() {
    let folder = Folder::empty();
    folder.write("tincan.toml", "[call]\nring_ms = 5000\n[database]\nurl = \"postgres://u:hush@h/n\"\n");
    let key = "a-key-that-nobody-should-ever-see-here";
    let output = folder.program().args(["config", "check"]).env("TINCAN__AUTH__KEY", key).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("ring_ms = 5000") && shown.contains("key = \"********\""), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains(key), "{shown}");

    folder.write("tincan.toml", "[call]\nrign_ms = 5000\n");
    folder.run(&["config", "check"]).fails().says("rign_ms");
    folder.run(&["doctor"]).fails().says("rign_ms");
}

#[test]
fn the_doctor_names_what_is_wrong_and_the_way_out() {
    let folder = Folder::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    folder.run(&["doctor", "--port", &port]).fails().says("is taken").says("--port");
    let away = folder.program().arg("doctor").env("TINCAN__SITE_ROOT", "/nowhere").output().unwrap();
    assert!(!away.status.success());
    assert!(String::from_utf8(away.stdout).unwrap().contains("no built pages"));
}
