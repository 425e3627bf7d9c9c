//! `zhubo avatar`: look at an avatar.

mod camera;
mod check;
mod clip;
mod gesture;
mod paper;
mod pose;
mod render;
mod shapes;
mod sheet;
mod studio;
mod turntable;

use super::Outcome;

/// Look at avatars.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what is in an avatar, what is missing and what will look wrong.
    Check(check::Args),
    /// Draw an avatar: a still, sheets of all it can show, or a film in which it turns round.
    Render(Box<render::Args>),
}

pub(super) fn run(args: Args) -> Outcome {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Render(args) => render::run(&args),
    }
}
