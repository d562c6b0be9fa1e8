//! `tincan audit`: who did what.

use super::in_words;
use crate::cli::{self, Settings};
use clap::Args;
use std::{collections::HashMap, process::ExitCode};
use tincan_backend::{AuditEntry, Backend, Identity};

/// Which part of the audit log.
#[derive(Debug, Args)]
pub struct Options {
    /// A tenant's public key; without it, what belongs to no tenant: operators, keys, attempts to
    /// sign in to accounts that do not exist
    #[arg(long, value_name = "KEY")]
    tenant: Option<String>,
    /// How many entries, the newest ones
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// Shows the newest entries, the newest last.
pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let config = settings.load()?;
    let backend = super::backend(&config).await?;
    let shown = show(&backend, options).await;
    backend.close().await;
    cli::say(shown?)?;
    Ok(ExitCode::SUCCESS)
}

async fn show(backend: &Backend, options: &Options) -> anyhow::Result<String> {
    let by = Identity::console();
    let mut emails = HashMap::new();
    let tenant = match &options.tenant {
        None => None,
        Some(key) => Some(backend.tenant_by_key(key).await.map_err(in_words)?),
    };
    if let Some(tenant) = tenant {
        let users = backend.list_users(&by, tenant).await.map_err(in_words)?;
        emails.extend(users.into_iter().map(|user| (user.id.to_string(), user.email)));
    }
    let (mut entries, mut cursor) = (Vec::new(), None);
    while entries.len() < options.limit as usize {
        let wanted = options.limit - entries.len() as u32;
        let page = backend.audit_log(&by, tenant, cursor.as_deref(), wanted).await.map_err(in_words)?;
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    entries.reverse();
    if options.json {
        let lines: Result<Vec<_>, _> = entries.iter().map(serde_json::to_string).collect();
        return Ok(lines?.join("\n"));
    }
    let mut lines = vec![format!("{:<20} {:<20} {:<20} {:<18} TARGET", "WHEN (UTC)", "WHO", "WHAT", "FROM")];
    lines.extend(entries.iter().map(|entry| line(entry, &emails)));
    Ok(lines.join("\n"))
}

fn line(entry: &AuditEntry, emails: &HashMap<String, String>) -> String {
    let network = entry.network.as_deref().unwrap_or("-");
    let (id, more) = entry.target.split_once(' ').unwrap_or((&entry.target, ""));
    let target = emails.get(id).map_or(id, String::as_str);
    format!("{:<20} {:<20} {:<20} {network:<18} {target} {more}", when(entry.at.0), entry.by, entry.action)
        .trim_end()
        .to_owned()
}

/// A time of the wire for people, such as `2026-03-01 09:30:00`.
fn when(at_ms: u64) -> String {
    let (days, second) = (at_ms / 86_400_000, at_ms / 1000 % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The date of a day since 1970, in years that begin in March: the leap day is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(when(0), "1970-01-01 00:00:00");
        assert_eq!(when(951_782_399_000), "2000-02-28 23:59:59");
        assert_eq!(when(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(when(1_800_000_000_000), "2027-01-15 08:00:00");
    }
}
