//! The live instances, and the answering one's dependencies.

use leptos::prelude::*;

use super::not_readable;
use crate::{
    components::{Calendar, Instant},
    text::pages::now as say,
    wire::{DependencyState, Instance, Language},
};

/// The live instances.
#[component]
pub fn Instances(
    /// All of them; `None` if they could not be read.
    instances: Option<Vec<Instance>>,
    calendar: Calendar,
    language: Language,
) -> impl IntoView {
    let Some(instances) = instances else {
        return not_readable(language);
    };
    let rows = instances
        .iter()
        .map(|instance| {
            let started = calendar.exact(instance.started_at_ms);
            view! {
                <li>
                    <code>{instance.instance_id.to_string()}</code> ", " {say::since(language)} " "
                    <Instant calendar at_ms=instance.started_at_ms text=started />
                </li>
            }
        })
        .collect_view();
    view! {
        <p>{say::alive(language)} ": " {instances.len()}</p>
        <ul class="admin__plain">{rows}</ul>
    }
    .into_any()
}

/// Servers by name; tasks are folded, except those that do not run.
#[component]
pub fn Dependencies(dependencies: Vec<DependencyState>, language: Language) -> impl IntoView {
    let line = |(place, part): (usize, &DependencyState), hides_ready: bool| {
        let path = format!("dependencies.{place}");
        let ready = format!("{path}.ready");
        let (good, bad) = match part.is_task {
            true => (say::runs(language), say::stands(language)),
            false => (say::works(language), say::fails(language)),
        };
        let detail = part.detail.clone().unwrap_or_default();
        let shown_unless = hides_ready.then(|| ready.clone());
        view! {
            <li data-now-unless=shown_unless hidden=hides_ready && part.ready>
                {say::dependency(language, &part.name)} ": "
                <span class="badge badge--done" data-now-if=ready.clone() hidden=!part.ready>{good}</span>
                <strong class="now__bad" data-now-unless=ready hidden=part.ready>{bad}</strong>
                " " <span class="admin__soft" data-now=format!("{path}.detail")>{detail}</span>
            </li>
        }
    };
    let placed = || dependencies.iter().enumerate();
    let first = placed()
        .map(|(place, part)| line((place, part), part.is_task))
        .collect_view();
    let tasks = placed()
        .filter(|(_, part)| part.is_task)
        .map(|placed| line(placed, false))
        .collect_view();
    let has_tasks = dependencies.iter().any(|part| part.is_task);
    view! {
        <p class="admin__soft">{say::this_instance(language)}</p>
        <ul class="admin__plain">{first}</ul>
        {has_tasks.then(|| view! {
            <details class="admin__stop">
                <summary>{say::tasks(language)}</summary>
                <ul class="admin__plain">{tasks}</ul>
            </details>
        })}
    }
    .into_any()
}
