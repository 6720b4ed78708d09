use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::wait::until;

const SOON: Duration = Duration::from_secs(10);

fn home(dir: &Path) -> Home {
    Home::open(dir, "test", Duration::ZERO, Lifetime::Owner).unwrap()
}

fn process(home: &Home, script: &str) -> Process {
    let args = vec!["-c".to_owned(), script.to_owned()];
    let env = Vec::new();
    Process::new(
        home,
        Spec {
            name: "part".into(),
            program: "/bin/sh".into(),
            args,
            env,
            sweep: None,
        },
    )
}

fn lives(pid: u32) -> bool {
    // A dead process that nobody reaped yet has an empty command line.
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|cmdline| !cmdline.is_empty())
}

#[test]
fn a_process_is_started_asked_to_end_and_leaves_no_pid_file() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    let process = process(
        &home,
        "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done",
    );
    process.start().unwrap();
    let pid = process.pid().unwrap();
    assert_eq!(
        fs::read_to_string(home.pid_file("part")).unwrap(),
        format!("{pid}\n")
    );
    let has = |word: &str| fs::read_to_string(process.log()).is_ok_and(|log| log.contains(word));
    until(SOON, || has("up").then_some(()).ok_or("silent")).unwrap();
    assert!(matches!(process.start(), Err(Error::Running { .. })));
    process.stop(SOON).unwrap();
    assert!(has("bye") && !lives(pid) && !home.pid_file("part").exists());
}

#[test]
fn a_process_that_ignores_the_request_is_killed_after_its_grace() {
    let dir = tempfile::tempdir().unwrap();
    let process = process(
        &home(dir.path()),
        "trap '' TERM; while :; do sleep 0.05; done",
    );
    process.start().unwrap();
    let pid = process.pid().unwrap();
    process.stop(Duration::from_millis(100)).unwrap();
    assert!(!lives(pid));
}

#[test]
fn a_process_that_ends_by_itself_is_noticed_and_can_be_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let process = process(&home(dir.path()), "exit 3");
    assert!(process.ended().is_none());
    for _ in 0..2 {
        process.start().unwrap();
        let ended = until(SOON, || process.ended().ok_or("lives")).unwrap();
        assert_eq!(ended, "exit status: 3");
        assert_eq!(process.pid(), None);
    }
}

#[test]
fn nothing_of_the_callers_environment_is_inherited_but_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let process = process(&home(dir.path()), "env | cut -d= -f1 | sort | tr '\\n' ' '");
    process.start().unwrap();
    until(SOON, || process.ended().ok_or("lives")).unwrap();
    let seen = fs::read_to_string(process.log()).unwrap();
    let allowed = [
        "HOME",
        "PATH",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        identity::MARK,
    ];
    for name in seen.split_whitespace() {
        assert!(allowed.contains(&name), "{name} was inherited");
    }
}

#[test]
fn a_pid_file_that_names_a_foreign_process_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let home = home(dir.path());
    fs::write(home.pid_file("part"), std::process::id().to_string()).unwrap();
    assert_eq!(identity::running(&home, "part"), None);
    let process = process(&home, "while :; do sleep 0.05; done");
    process.start().unwrap();
    assert_eq!(identity::running(&home, "part"), process.pid());
    // The same process under the name of another part is a foreign one.
    fs::copy(home.pid_file("part"), home.pid_file("other")).unwrap();
    assert_eq!(identity::running(&home, "other"), None);
}

/// Not a test by itself: the owner that the next test kills. Prints the ids of its child.
#[test]
fn owner_that_is_killed() {
    let Some(dir) = std::env::var_os("HARNESS_TEST_OWNER") else {
        return;
    };
    let process = process(&home(Path::new(&dir)), "while :; do sleep 0.05; done");
    process.start().unwrap();
    println!("\nchild {}", process.pid().unwrap());
    until(Duration::from_mins(1), || {
        Err::<(), _>("waits to be killed")
    })
    .unwrap();
}

#[test]
fn a_child_ends_with_its_owner_even_when_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "process::tests::owner_that_is_killed",
            "--nocapture",
        ])
        .env("HARNESS_TEST_OWNER", dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let pid = lines
        .map_while(Result::ok)
        .find_map(|l| l.strip_prefix("child ")?.parse().ok());
    let pid: u32 = pid.unwrap();
    // In the instant in which the guard becomes the command it has no command line.
    until(SOON, || lives(pid).then_some(()).ok_or("it isn't up")).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    until(SOON, || {
        (!lives(pid))
            .then_some(())
            .ok_or("the child outlived its owner")
    })
    .unwrap();
}
