//! Marks the page's messages as read once the page is visible.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{effects::on_change, page},
    wire::MessageId,
};

/// Tells the shop, once. If that is lost, the next visit repeats it.
#[island]
pub fn SeenMessages(up_to: MessageId) -> impl IntoView {
    let told = StoredValue::new(false);
    on_change(move || {
        if page::visibility().visible && !told.get_value() {
            told.set_value(true);
            spawn_local(async move {
                let _ = api::read_messages(up_to).await;
            });
        }
    });
    view! { <span data-ready=awake()></span> }
}
