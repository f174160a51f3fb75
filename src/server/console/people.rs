//! Who may work at the site: badge, PIN, role.

use super::error::PageError;
use super::seat::Seat;
use super::shell::{Shell, done, html};
use crate::domain::{Role, UserId};
use crate::server::http::App;
use crate::server::people::{self, ChangedUser, NewUser, PeopleError, named};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

struct Row {
    id: UserId,
    name: String,
    badge: String,
    role: &'static str,
    has_pin: bool,
    language: String,
    active: bool,
}

#[derive(Template)]
#[template(path = "people.html", config = "src/server/console/askama.toml")]
struct Page {
    shell: Shell,
    title: &'static str,
    reload_s: u32,
    lead: String,
    rows: Vec<Row>,
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Picker => "picker",
        Role::Clerk => "clerk",
        Role::Supervisor => "supervisor",
        Role::Admin => "admin",
    }
}

pub(super) async fn page(State(app): State<App>, seat: Seat) -> Result<Response, PageError> {
    seat.needs_admin("only administrators see who works here")?;
    let here = app.storage.users().await?.into_iter().filter(|(site, _)| *site == seat.site);
    let rows = here.map(|(_, user)| Row {
        id: user.id,
        name: user.name,
        badge: user.badge,
        role: role(user.role),
        has_pin: user.pin.is_some(),
        language: user.language,
        active: user.active,
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|a, b| (!a.active, &a.name).cmp(&(!b.active, &b.name)));
    let active = rows.iter().filter(|row| row.active).count();
    let lead =
        if active == 1 { "One person works here.".to_owned() } else { format!("{active} people work here.") };
    html(&Page { shell: Shell::new(&app, &seat, "/people").await?, title: "People", reload_s: 0, lead, rows })
}

#[derive(Deserialize)]
pub(super) struct PersonForm {
    token: String,
    /// Absent for somebody new.
    #[serde(default)]
    id: Option<i64>,
    name: String,
    badge: String,
    role: Role,
    /// Empty keeps the one that is set.
    #[serde(default)]
    pin: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    left: Option<String>,
}

pub(super) async fn save(
    State(app): State<App>,
    seat: Seat,
    Form(form): Form<PersonForm>,
) -> Result<Response, PageError> {
    seat.check(&form.token)?;
    seat.needs_admin("only administrators change who works here")?;
    let (by, now) = (named(&seat.user), seat.now);
    let saved = match form.id {
        None if form.role >= Role::Supervisor && form.pin.is_empty() => Err(PeopleError::NeedsPin),
        None => {
            let pin = Some(form.pin).filter(|pin| !pin.is_empty());
            let new =
                NewUser { name: form.name, badge: form.badge, role: form.role, language: form.language, pin };
            people::add(&app.storage, seat.site, new, &by, now).await.map(drop)
        }
        Some(id) => {
            let changed = ChangedUser {
                id: UserId(id),
                name: form.name,
                badge: form.badge,
                role: form.role,
                language: form.language,
                pin: Some(form.pin).filter(|pin| !pin.is_empty()),
                active: form.left.is_none(),
            };
            people::change(&app.storage, seat.site, changed, &by, now).await
        }
    };
    saved.map_err(|error| match error {
        PeopleError::Storage(error) => error.into(),
        PeopleError::Secret(error) => error.into(),
        PeopleError::Unknown => PageError::NotFound("person"),
        error => PageError::Wrong(error.to_string()),
    })?;
    Ok(done("/people", "saved"))
}
