//! Registration and log-in: form-encoded, so that the forms work without JavaScript. A browser's
//! form is answered with a redirect (to `next`, or back to the form with the error's code in the
//! query), every other client with JSON.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, PostUrl};

use crate::wire::{ApiError, Json, Me};

#[cfg(feature = "ssr")]
use self::form::Form;
#[cfg(feature = "ssr")]
use super::{
    TypedFields,
    context::{shop, visitor},
};
#[cfg(feature = "ssr")]
use crate::{port::Registration, routes};

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
) -> Result<Me, ApiError> {
    let form = Form {
        page: routes::LOGIN,
        next,
        typed: TypedFields {
            mobile: mobile.clone(),
            nickname: String::new(),
        },
    };
    form.finish(shop()?.login(&visitor()?, &mobile, password).await)
}

/// `POST /api/logout`: signs out.
#[server(endpoint = "/logout", prefix = "/api", input = PostUrl, output = Json)]
pub async fn logout() -> Result<(), ApiError> {
    shop()?.logout(&visitor()?).await?;
    form::sign_out()?;
    form::redirect_browser(routes::HOME);
    Ok(())
}

/// `GET /api/me`: the caller, or `null`.
#[server(name = GetMe, endpoint = "/me", prefix = "/api", input = GetUrl, output = Json)]
pub async fn me() -> Result<Option<Me>, ApiError> {
    Ok(visitor()?.me)
}

#[cfg(feature = "ssr")]
mod form {
    use http::{HeaderValue, StatusCode, header, request::Parts};
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use crate::{
        api::{LoginCookie, TypedFields},
        port::LoggedIn,
        routes::{ADMIN_ROUNDS, HOME, in_query, local_path},
        wire::{ApiError, Me},
    };

    /// A log-in form: where it stands and where it leads.
    pub struct Form {
        pub page: &'static str,
        pub next: Option<String>,
        /// What a mistake must not empty.
        pub typed: TypedFields,
    }

    impl Form {
        /// Sets the cookie on success, and sends a browser on.
        pub fn finish(&self, result: Result<LoggedIn, ApiError>) -> Result<Me, ApiError> {
            let next = self.next.as_deref().and_then(local_path);
            let next = next.filter(|next| *next != HOME);
            match result {
                Ok(logged_in) => {
                    let (token, max_age_s) = (&logged_in.token, logged_in.max_age_s);
                    set_cookie(&cookie()?.set(token, max_age_s));
                    if redirect_browser(next.unwrap_or(match logged_in.me.role.is_staff() {
                        true => ADMIN_ROUNDS,
                        false => HOME,
                    })) {
                        set_cookie(&TypedFields::clear_cookie(cookie()?.secure));
                    }
                    Ok(logged_in.me)
                }
                Err(error) => {
                    let field = match &error {
                        ApiError::Invalid { field } => field.as_str(),
                        _ => "",
                    };
                    let is_form = redirect_browser(&format!(
                        "{}?error={}&field={field}&next={}",
                        self.page,
                        error.code(),
                        in_query(next.unwrap_or(HOME)),
                    ));
                    if is_form {
                        set_cookie(&self.typed.set_cookie(cookie()?.secure));
                    }
                    Err(error)
                }
            }
        }
    }

    /// The cookie's name and flags, from the one context closure.
    fn cookie() -> Result<LoginCookie, ApiError> {
        use_context::<LoginCookie>().ok_or_else(|| ApiError::Internal {
            trace_id: "no-cookie".to_owned(),
        })
    }

    /// Forgets the log-in in the browser.
    pub fn sign_out() -> Result<(), ApiError> {
        set_cookie(&cookie()?.clear());
        Ok(())
    }

    fn set_cookie(value: &str) {
        if let (Some(response), Ok(value)) = (
            use_context::<ResponseOptions>(),
            HeaderValue::from_str(value),
        ) {
            response.append_header(header::SET_COOKIE, value);
        }
    }

    /// 303 for a browser's form (it asks for HTML); other clients get their JSON. Whether it is one.
    pub fn redirect_browser(to: &str) -> bool {
        let is_form = use_context::<Parts>().is_some_and(|parts| {
            parts
                .headers
                .get(header::ACCEPT)
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(|accept| accept.contains("text/html"))
        });
        if let (true, Some(response), Ok(to)) = (
            is_form,
            use_context::<ResponseOptions>(),
            HeaderValue::from_str(to),
        ) {
            response.insert_header(header::LOCATION, to);
            response.set_status(StatusCode::SEE_OTHER);
        }
        is_form
    }
}
