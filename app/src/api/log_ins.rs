//! The caller's log-ins. Ending them is form-encoded, like signing in: the page's buttons work without
//! JavaScript, and are answered with a redirect to it.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, PostUrl};

use crate::wire::{ApiError, Json, LogIn};

#[cfg(feature = "ssr")]
use super::{
    account_form::back_to,
    context::{shop, visitor},
};
#[cfg(feature = "ssr")]
use crate::routes::ACCOUNT;

/// `GET /api/log_ins`: the latest first.
#[server(name = GetLogIns, endpoint = "/log_ins", prefix = "/api", input = GetUrl, output = Json)]
pub async fn log_ins() -> Result<Vec<LogIn>, ApiError> {
    shop()?.log_ins(&visitor()?).await
}

/// `POST /api/log_ins/end`: ends one of them; needs the password.
#[server(name = EndLogIn, endpoint = "/log_ins/end", prefix = "/api", input = PostUrl, output = Json)]
pub async fn end_log_in(log_in_id: String, password: String) -> Result<(), ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let ended = shop.end_log_in(&visitor, &log_in_id, password);
    back_to(ACCOUNT, ended.await, "ended")
}

/// `POST /api/log_ins/end_others`: ends all but the calling one; needs the password.
#[server(
    name = EndOtherLogIns,
    endpoint = "/log_ins/end_others",
    prefix = "/api",
    input = PostUrl,
    output = Json
)]
pub async fn end_other_log_ins(password: String) -> Result<(), ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let ended = shop.end_other_log_ins(&visitor, password);
    back_to(ACCOUNT, ended.await, "ended")
}
