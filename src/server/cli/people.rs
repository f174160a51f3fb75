//! `firstout-server user` and `audit`.

use super::{Home, say};
use clap::{Args, Subcommand, ValueEnum};
use firstout::domain::{Role, SiteId, Timestamp};
use firstout::server::people::{NewUser, add};
use std::process::ExitCode;

/// What `user` is told.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Adds a person; prints the PIN.
    Add(AddArgs),
    /// Lists everybody.
    List,
}

/// A person to be.
#[derive(Args)]
pub struct AddArgs {
    /// The name on screens.
    name: String,
    /// What the badge's barcode says.
    #[arg(long)]
    badge: String,
    /// What the person may do.
    #[arg(long, value_enum)]
    role: RoleName,
    /// 4 to 32 characters; one of six digits is drawn where absent.
    #[arg(long)]
    pin: Option<String>,
    /// Language of the screens, for example de; the device's where absent.
    #[arg(long, default_value = "")]
    language: String,
    /// The site.
    #[arg(long, default_value_t = 1)]
    site: i64,
}

/// The roles.
#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Picker,
    Clerk,
    Supervisor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Picker => Self::Picker,
            RoleName::Clerk => Self::Clerk,
            RoleName::Supervisor => Self::Supervisor,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Does it.
///
/// # Errors
/// Where nothing could be saved or read.
pub async fn user(home: &Home, command: UserCommand, now: Timestamp) -> anyhow::Result<ExitCode> {
    match command {
        UserCommand::Add(AddArgs { name, badge, role, pin, language, site }) => {
            let storage = home.open().await?;
            let new = NewUser { name, badge, role: role.into(), language, pin };
            let (id, pin) = add(&storage, SiteId(site), new, "command line", now).await?;
            say(&format!("user {id}, PIN {pin}"))?;
        }
        UserCommand::List => {
            for (site, user) in home.existing().await?.users().await? {
                let role = format!("{:?}", user.role).to_lowercase();
                let left = if user.active { "" } else { "  (has left)" };
                say(&format!(
                    "{site:>3} {:>5}  {role:<10}  {:<16}  {}{left}",
                    user.id, user.badge, user.name
                ))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What `audit` is told.
#[derive(Args)]
pub struct AuditArgs {
    /// At most so many, the newest ones.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

/// Lists the newest acts, the newest last.
///
/// # Errors
/// Where the database cannot be read.
pub async fn audit(home: &Home, args: AuditArgs) -> anyhow::Result<ExitCode> {
    for row in home.existing().await?.audit(args.limit).await?.into_iter().rev() {
        let (site, n, entry) = (row.site, row.n, row.entry);
        let act = entry.act.code();
        say(&format!("{}  {site:>3} {n:>6}  {act:<16}  {}  by {}", entry.at, entry.subject, entry.by))?;
    }
    Ok(ExitCode::SUCCESS)
}
