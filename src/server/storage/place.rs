//! Where a database is: `sqlite:PATH` or `postgres://…`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A server, as a URL.
    Postgres(String),
}

/// Why a place is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Another kind of database, or none.
    #[error("a database is sqlite:PATH or postgres://USER@HOST/NAME")]
    Unknown,
    /// Not every way is there.
    #[error("a site moves from sqlite:PATH to postgres://…; the way back is a backup and a restore")]
    NoWay,
    /// The program cannot speak to it.
    #[error("this firstout-server was built without PostgreSQL (cargo build --features postgres)")]
    NotBuiltIn,
}

impl Place {
    /// The embedded database of a data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self::Sqlite(folder.join(super::sqlite::FILE))
    }

    /// Which kind it is, as a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// False where it is a file that is not there.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::Sqlite(file) => file.is_file(),
            Self::Postgres(_) => true,
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(PlaceError::Unknown),
        }
    }
}

/// A password stays out of what is shown.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let shown = rest.split_once('?').map_or(rest, |(shown, _)| shown);
                match shown.rsplit_once('@') {
                    Some((who, at)) => {
                        let user = who.split_once(':').map_or(who, |(user, _)| user);
                        write!(f, "{scheme}://{user}@{at}")
                    }
                    None => write!(f, "{scheme}://{shown}"),
                }
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_and_keeps_its_password() {
        let cases = [
            ("sqlite:/var/lib/firstout/firstout.sqlite", Some("sqlite:/var/lib/firstout/firstout.sqlite")),
            ("sqlite:here.sqlite", Some("sqlite:here.sqlite")),
            ("postgres://app:geh@eim@db.example/firstout", Some("postgres://app@db.example/firstout")),
            ("postgresql://db/firstout?password=x", Some("postgresql://db/firstout")),
            ("sqlite:", None),
            ("mysql://db/firstout", None),
            ("", None),
        ];
        for (text, shown) in cases {
            let place = text.parse::<Place>().ok();
            assert_eq!(place.map(|place| place.to_string()).as_deref(), shown, "{text}");
        }
    }
}
