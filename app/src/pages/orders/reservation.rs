//! A reservation as a row of the list.

use leptos::prelude::*;

use crate::{
    components::{Calendar, Icon, Instant, Picture, Shape},
    islands::FollowReservation,
    routes,
    text::pages::orders as say,
    wire::{Language, Reservation, ReservationState},
};

/// Its item, its time, and its state; the whole row links to the item.
#[component]
pub fn ReservationRow<'a>(
    reservation: &'a Reservation,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let &Reservation {
        reservation_id,
        held_at_ms,
        position,
        reason,
        ..
    } = reservation;
    let is_queued = reservation.state == ReservationState::Queued;
    let (class, shape, state) = match is_queued {
        true => (
            "badge badge--waiting",
            Shape::Clock,
            say::queued(language, position),
        ),
        false => ("badge", Shape::Closed, say::failed(language).to_owned()),
    };
    let hint = match is_queued {
        true => view! {
            {say::queued_text(language)} " " <FollowReservation reservation_id language />
        }
        .into_any(),
        false => say::failed_text(language, reason).into_any(),
    };
    let title = match reservation.title.get(language) {
        "" => say::unnamed_item(language),
        title => title,
    };
    view! {
        <li class="order-row">
            <Picture url=reservation.picture_url.clone() sizes="124px" />
            <div class="order-row__body">
                <p class="order-row__top">
                    <span class=class>
                        <Icon shape />
                        {state}
                    </span>
                    <span class="order-row__made">
                        <Instant calendar at_ms=held_at_ms text=calendar.exact(held_at_ms) />
                    </span>
                </p>
                <h2 class="order-row__title">
                    <a class="card__link" href=routes::item(reservation.item_id)>
                        {title.to_owned()}
                    </a>
                </h2>
                <p class="order-row__hint">{hint}</p>
            </div>
        </li>
    }
}
