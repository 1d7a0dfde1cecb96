//! `/admin/system`: the shop's environment, and on request its problems.

use leptos::prelude::*;

use super::frame::{Section, StaffFrame, for_staff, parameter};
use crate::{
    api,
    components::{Calendar, Instant, when_read},
    routes,
    text::pages::{admin, system as say},
    wire::{
        ApiError, DependencyState, Differences, DoctorCheck, Language, Role, SystemInstance,
        SystemReport, Verdict,
    },
};

/// The result of a requested check.
enum Looked {
    Checks(Vec<DoctorCheck>),
    Differences(Differences),
    /// Another check is running, or it cannot be done now.
    Not,
}

#[component]
pub fn AdminSystemPage() -> impl IntoView {
    let language = api::language();
    let asked = parameter("look").unwrap_or_default();
    when_read(
        language,
        for_staff(read(asked)),
        move |(read, role, now_ms)| {
            let (report, looked) = read;
            view! { <System report looked role now_ms language /> }.into_any()
        },
    )
}

async fn read(asked: String) -> Result<(SystemReport, Option<Looked>), ApiError> {
    let report = api::system().await?;
    let looked = match asked.as_str() {
        "findings" => Some(api::checks().await.map_or(Looked::Not, Looked::Checks)),
        "differences" => {
            let differences = api::differences().await;
            Some(differences.map_or(Looked::Not, Looked::Differences))
        }
        _ => None,
    };
    Ok((report, looked))
}

#[component]
fn System(
    report: SystemReport,
    looked: Option<Looked>,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let look = |what: &'static str, label: &'static str| {
        let address = routes::with_query(routes::ADMIN_SYSTEM, &[("look", what)]);
        view! { <a class="button" href=address>{label}</a> }
    };
    let states = report
        .dependencies
        .iter()
        .map(|part| state(part, language))
        .collect_view();
    let instances = match &report.instances {
        Some(instances) => {
            let rows = instances
                .iter()
                .map(|one| instance(one, calendar, language))
                .collect_view();
            view! { <ul class="admin__plain">{rows}</ul> }.into_any()
        }
        None => view! { <p class="admin__words">{say::instances_unknown(language)}</p> }.into_any(),
    };
    view! {
        <StaffFrame here=Section::System role title=admin::system(language) language>
            <p class="lead">{say::version(language, &report.version)}</p>
            <p class="admin__buttons">
                {look("findings", say::run_doctor(language))}
                {look("differences", say::look_for_differences(language))}
            </p>
            {looked.map(|looked| view! { <WhatWasFound looked language /> })}
            <h2>{say::stands_on(language)}</h2>
            <ul class="admin__plain">{states}</ul>
            <h2>{say::instances(language)}</h2>
            {instances}
            <h2>{say::settings(language)}</h2>
            <p class="admin__soft">{say::settings_mean(language)}</p>
            <pre class="admin__text" tabindex="0" role="group" aria-label=say::settings(language)>{report.settings}</pre>
        </StaffFrame>
    }
}

/// The result of the requested check.
#[component]
fn WhatWasFound(looked: Looked, language: Language) -> impl IntoView {
    let text = match looked {
        Looked::Not => {
            return view! { <p class="form__message" role="alert">{say::not_now(language)}</p> }
                .into_any();
        }
        Looked::Checks(checks) => {
            let count = |verdict| {
                checks
                    .iter()
                    .filter(|found| found.verdict == verdict)
                    .count()
            };
            let sum = say::checks(language, count(Verdict::Problem), count(Verdict::Warning));
            let lines = checks.iter().map(|found| {
                let verdict = say::verdict(language, found.verdict);
                format!("{verdict}  {}: {}\n", found.part, found.text)
            });
            (sum, lines.collect::<String>())
        }
        Looked::Differences(differences) => {
            let broken = &differences.broken;
            let sum = say::differences(language, differences.items, broken.len());
            let lines = broken.iter().map(|rule| {
                let item = rule.item_id.map_or_else(String::new, |id| format!(" {id}"));
                format!("{}{item}: {}\n", rule.rule, rule.detail)
            });
            (sum, lines.collect::<String>())
        }
    };
    let (sum, lines) = text;
    view! {
        <p class="admin__summary" role="status">{sum}</p>
        {(!lines.is_empty()).then(|| view! {
            <pre class="admin__text" tabindex="0" role="group" aria-label=say::found(language)>{lines}</pre>
        })}
    }
    .into_any()
}

fn state(part: &DependencyState, language: Language) -> impl IntoView + use<> {
    let state = match part.ready {
        true => say::ready(language),
        false => say::not_ready(language),
    };
    let class = if part.ready {
        "badge badge--done"
    } else {
        "badge badge--waiting"
    };
    view! {
        <li>
            <strong>{part.name.clone()}</strong> " " <span class=class>{state}</span>
            {part.detail.clone().map(|detail| view! { " " <span class="admin__soft">{detail}</span> })}
        </li>
    }
}

fn instance(one: &SystemInstance, calendar: Calendar, language: Language) -> impl IntoView + use<> {
    let version = match one.version.as_str() {
        "" => say::older_version(language).to_owned(),
        version => version.to_owned(),
    };
    view! {
        <li>
            <code>{one.instance_id.to_string()}</code> " " {version} " "
            <span class="admin__soft">
                {say::since(language)} " "
                <Instant calendar at_ms=one.started_at_ms text=calendar.exact(one.started_at_ms) />
            </span>
        </li>
    }
}
