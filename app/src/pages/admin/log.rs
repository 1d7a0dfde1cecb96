//! `/admin/log`: the staff's actions, newest first.

use leptos::prelude::*;
use uuid::Uuid;

use super::frame::{Next, Section, StaffFrame, for_staff, parameter};
use crate::{
    api,
    components::{Calendar, Instant, when_read},
    routes,
    text::pages::{activity_log as say, admin},
    wire::{AccountId, Action, Activity, ActivityList, Language, Role},
};

/// The filter in the address: whose actions, and on what.
#[derive(Clone, Copy)]
struct Filter {
    account_id: Option<AccountId>,
    subject_id: Option<Uuid>,
}

impl Filter {
    fn of_page() -> Self {
        Self {
            account_id: parameter("account").and_then(|id| id.parse().ok()),
            subject_id: parameter("subject").and_then(|id| id.parse().ok()),
        }
    }

    fn address(self, before: Option<u64>) -> String {
        let account = self.account_id.map(|id| id.to_string()).unwrap_or_default();
        let subject = self.subject_id.map(|id| id.to_string()).unwrap_or_default();
        let before = before.map(|number| number.to_string()).unwrap_or_default();
        let fields = [
            ("account", account.as_str()),
            ("subject", &subject),
            ("before", &before),
        ];
        routes::with_query(routes::ADMIN_LOG, &fields)
    }
}

#[component]
pub fn AdminLogPage() -> impl IntoView {
    let language = api::language();
    let filter = Filter::of_page();
    let before = parameter("before").and_then(|number| number.parse().ok());
    let list = api::activities(filter.account_id, filter.subject_id, before);
    when_read(language, for_staff(list), move |(list, role, now_ms)| {
        view! { <Log list filter role now_ms language /> }.into_any()
    })
}

#[component]
fn Log(
    list: ActivityList,
    filter: Filter,
    role: Role,
    now_ms: i64,
    language: Language,
) -> impl IntoView {
    let calendar = Calendar::of_page(now_ms, language);
    let next = list.next.map(|before| filter.address(Some(before)));
    let is_filtered = filter.account_id.is_some() || filter.subject_id.is_some();
    let is_empty = list.activities.is_empty();
    let rows = list
        .activities
        .iter()
        .map(|activity| view! { <Entry activity calendar language /> })
        .collect_view();
    view! {
        <StaffFrame here=Section::Log role title=admin::log(language) language>
            {is_filtered.then(|| view! {
                <p><a href=routes::ADMIN_LOG>{say::everything(language)}</a></p>
            })}
            {is_empty.then(|| view! { <p>{say::empty(language)}</p> })}
            <ol class="admin__plain" reversed=true>{rows}</ol>
            <Next href=next language />
        </StaffFrame>
    }
}

#[component]
fn Entry<'a>(
    activity: &'a Activity,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let who = match activity.account_id {
        Some(account_id) => {
            let of_account = Filter {
                account_id: Some(account_id),
                subject_id: None,
            };
            view! { <a href=of_account.address(None)>{activity.name.clone()}</a> }.into_any()
        }
        None => view! { <span>{say::command(language)}</span> }.into_any(),
    };
    let of_subject = Filter {
        account_id: None,
        subject_id: Some(activity.subject_id),
    };
    let reason = activity.reason.clone().map(|reason| {
        view! { <p>{say::because(language, &reason)}</p> }
    });
    let values = activity.new_value.clone().map(|new| {
        let old = activity.old_value.clone();
        view! {
            <p class="admin__soft">
                {old.map(|old| view! { <code>{old}</code> " → " })}
                <code>{new}</code>
            </p>
        }
    });
    view! {
        <li value=activity.number.to_string()>
            <p>
                {who} " " {say::action(language, activity.action)} " "
                <a href=subject(activity)>{say::see(language)}</a> " "
                <a href=of_subject.address(None)>{say::of_this(language)}</a>
            </p>
            {reason}
            {values}
            <p class="admin__soft">
                <Instant calendar at_ms=activity.at_ms text=calendar.exact(activity.at_ms) />
                " " {activity.address.clone()}
            </p>
        </li>
    }
    .into_any()
}

/// The page of the changed object.
fn subject(activity: &Activity) -> String {
    match activity.action {
        Action::AddRound
        | Action::SubmitRound
        | Action::ApproveRound
        | Action::SendBackRound
        | Action::StopRound
        | Action::ResumeRound => {
            format!("{}#round-{}", routes::ADMIN_ROUNDS, activity.subject_id)
        }
        Action::RefundOrder | Action::ShipOrder => {
            routes::admin_order(crate::wire::OrderId(activity.subject_id))
        }
        Action::ExportOrders => routes::ADMIN_ORDERS.to_owned(),
        Action::BanBuyer | Action::UnbanBuyer => {
            routes::admin_buyer(AccountId(activity.subject_id))
        }
        Action::SetSwitch | Action::ClearSwitch => routes::ADMIN_SWITCHES.to_owned(),
        Action::AddPicture | Action::ArchiveProduct | Action::RestoreProduct => {
            routes::ADMIN_PRODUCTS.to_owned()
        }
        Action::ReplayParked | Action::DropParked | Action::ReplayMessage => {
            routes::ADMIN_MESSAGES.to_owned()
        }
        // Endpoints have no page of their own.
        Action::AddWebhook
        | Action::ChangeWebhook
        | Action::RotateWebhookSecret
        | Action::RemoveWebhook => Filter {
            account_id: None,
            subject_id: Some(activity.subject_id),
        }
        .address(None),
        Action::AddStaff | Action::ResetPassword | Action::RemoveSecondFactor => Filter {
            account_id: Some(AccountId(activity.subject_id)),
            subject_id: None,
        }
        .address(None),
    }
}
