//! The caller's second factor. Form-encoded, like signing in: the page works without JavaScript, and its forms are
//! answered with a redirect to it.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, PostUrl};

use crate::wire::{ApiError, Json, SecondFactor, SecondFactorSetup};

#[cfg(feature = "ssr")]
use super::{
    account_form::back_to,
    context::{shop, visitor},
};
#[cfg(feature = "ssr")]
use crate::routes::SECOND_FACTOR;

/// `GET /api/second_factor`: the state of the caller's second factor.
#[server(name = GetSecondFactor, endpoint = "/second_factor", prefix = "/api", input = GetUrl, output = Json)]
pub async fn second_factor() -> Result<SecondFactor, ApiError> {
    shop()?.second_factor(&visitor()?).await
}

/// `POST /api/second_factor/begin`: creates a secret; needs the password.
#[server(
    name = BeginSecondFactor,
    endpoint = "/second_factor/begin",
    prefix = "/api",
    input = PostUrl,
    output = Json
)]
pub async fn begin_second_factor(password: String) -> Result<SecondFactorSetup, ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let begun = shop.begin_second_factor(&visitor, password);
    back_to(SECOND_FACTOR, begun.await, "begun")
}

/// `POST /api/second_factor/confirm`: activates it.
#[server(
    name = ConfirmSecondFactor,
    endpoint = "/second_factor/confirm",
    prefix = "/api",
    input = PostUrl,
    output = Json
)]
pub async fn confirm_second_factor(code: String) -> Result<(), ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let confirmed = shop.confirm_second_factor(&visitor, &code);
    back_to(SECOND_FACTOR, confirmed.await, "confirmed")
}

/// `POST /api/second_factor/remove`: removes it.
#[server(
    name = RemoveSecondFactor,
    endpoint = "/second_factor/remove",
    prefix = "/api",
    input = PostUrl,
    output = Json
)]
pub async fn remove_second_factor(password: String, code: String) -> Result<(), ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let removed = shop.remove_second_factor(&visitor, password, &code);
    back_to(SECOND_FACTOR, removed.await, "removed")
}
