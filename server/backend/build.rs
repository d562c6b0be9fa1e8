//! Migrations are embedded in the program; a change of theirs must build it again.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
