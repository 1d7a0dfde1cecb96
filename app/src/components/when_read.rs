//! The start of every page: reads its data, then shows it, or says why it cannot be shown.

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::Failure;
use crate::wire::{ApiError, Language};

/// Waits for a page's data, and shows it with `show`, or shows why it could not be read.
pub fn when_read<T: 'static>(
    language: Language,
    read: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    show: impl FnOnce(T) -> AnyView + Send + 'static,
) -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match read.await {
                    Ok(found) => show(found),
                    Err(error) => view! { <Failure error language /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The id in the address of the page being rendered.
///
/// # Errors
/// `not_found`, if that is no id.
pub fn id_of_page<I: FromStr>() -> Result<I, ApiError> {
    let id = use_params_map().with_untracked(|params| params.get("id"));
    let id = id.and_then(|id| id.parse().ok());
    id.ok_or(ApiError::NotFound)
}
