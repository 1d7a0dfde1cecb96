//! Registration, log-in and password: form-encoded, so that the forms work without JavaScript. A browser's
//! form is answered with a redirect (to `next`, or back to the form with the error's code in the
//! query), every other client with JSON.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, PostUrl};

use crate::wire::{ApiError, Json, Me};

#[cfg(feature = "ssr")]
use super::{
    TypedFields,
    account_form::{self as form, Form},
    context::{shop, visitor},
};
#[cfg(feature = "ssr")]
use crate::{
    port::{Credentials, Registration},
    routes,
};

/// Tells the log-in page that the visitor has signed out.
#[cfg(feature = "ssr")]
pub const SIGNED_OUT: &str = "signed_out";

/// `POST /api/register`: makes a buyer's account and signs it in.
#[server(endpoint = "/register", prefix = "/api", input = PostUrl, output = Json)]
pub async fn register(
    mobile: String,
    password: String,
    nickname: String,
    #[server(default)] next: Option<String>,
) -> Result<Me, ApiError> {
    let form = Form {
        page: routes::REGISTER,
        next,
        typed: TypedFields {
            mobile: mobile.clone(),
            nickname: nickname.clone(),
        },
    };
    let registration = Registration {
        mobile,
        password,
        nickname,
    };
    form.finish(shop()?.register(&visitor()?, registration).await)
}

/// `POST /api/login`: signs in.
#[server(endpoint = "/login", prefix = "/api", input = PostUrl, output = Json)]
pub async fn login(
    mobile: String,
    password: String,
    #[server(default)] next: Option<String>,
    #[server(default)] code: Option<String>,
) -> Result<Me, ApiError> {
    let form = Form {
        page: routes::LOGIN,
        next,
        typed: TypedFields {
            mobile: mobile.clone(),
            nickname: String::new(),
        },
    };
    let credentials = Credentials {
        mobile,
        password,
        code: code.unwrap_or_default(),
    };
    form.finish(shop()?.login(&visitor()?, credentials).await)
}

/// `POST /api/logout`: signs out.
#[server(endpoint = "/logout", prefix = "/api", input = PostUrl, output = Json)]
pub async fn logout() -> Result<(), ApiError> {
    shop()?.logout(&visitor()?).await?;
    form::sign_out()?;
    form::redirect_browser(&format!("{}?done={SIGNED_OUT}", routes::LOGIN));
    Ok(())
}

/// `GET /api/me`: the caller, or `null`.
#[server(name = GetMe, endpoint = "/me", prefix = "/api", input = GetUrl, output = Json)]
pub async fn me() -> Result<Option<Me>, ApiError> {
    Ok(visitor()?.me)
}

/// `POST /api/password`: gives the caller's account another password, ends all its log-ins and begins a
/// new one.
#[server(name = ChangePassword, endpoint = "/password", prefix = "/api", input = PostUrl, output = Json)]
pub async fn change_password(
    current_password: String,
    new_password: String,
) -> Result<Me, ApiError> {
    let (shop, visitor) = (shop()?, visitor()?);
    let changed = shop.change_password(&visitor, current_password, new_password);
    let changed = form::back_to(routes::ACCOUNT, changed.await, "password")?;
    form::sign_in(&changed)?;
    Ok(changed.me)
}
