//! Who wants to know of every command: metrics, and the tests that count.

use std::{sync::Arc, time::Duration};

use mongodb::event::{EventHandler, command::CommandEvent};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandOutcome {
    /// The server did it, or said in its answer which write it refused.
    Succeeded,
    /// The server refused it, or the connection was lost.
    Failed,
}

/// Told of every command that was sent, when it ended. Called on the driver's way: be quick.
pub trait CommandObserver: Send + Sync + 'static {
    /// `name` is one of a closed set, fit for a label.
    fn observe_command(&self, name: &'static str, outcome: CommandOutcome, took: Duration);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl CommandObserver for Unobserved {
    fn observe_command(&self, _: &'static str, _: CommandOutcome, _: Duration) {}
}

/// All that this store sends, and what the driver adds. Authentication and heartbeats aren't told.
const NAMES: [&str; 15] = [
    "aggregate",
    "buildInfo",
    "create",
    "createIndexes",
    "delete",
    "drop",
    "endSessions",
    "find",
    "getMore",
    "hello",
    "insert",
    "listCollections",
    "ping",
    "renameCollection",
    "update",
];

fn known(name: &str) -> &'static str {
    let place = NAMES.iter().find(|known| **known == name);
    place.copied().unwrap_or("other")
}

pub(super) fn event_handler(observer: Arc<dyn CommandObserver>) -> EventHandler<CommandEvent> {
    EventHandler::callback(move |event| match event {
        CommandEvent::Succeeded(event) => observer.observe_command(
            known(&event.command_name),
            CommandOutcome::Succeeded,
            event.duration,
        ),
        CommandEvent::Failed(event) => observer.observe_command(
            known(&event.command_name),
            CommandOutcome::Failed,
            event.duration,
        ),
        _ => {}
    })
}
