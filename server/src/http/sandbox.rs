//! `/sandbox/{payment}`: the page of the built-in payment provider. It belongs to the provider, not
//! the shop: it looks plain, says that it is a sandbox, and has no log-ins.

use std::{fmt::Write as _, sync::Arc};

use app::{
    routes::pattern,
    wire::{ApiError, Language, PaymentId},
};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use super::{envelope::Envelope, language};
use crate::{
    chain::Chain,
    engine::ports::PortError,
    sandbox::{Action, ChargePage, SandboxProvider},
};

type Provider = Arc<dyn SandboxProvider>;

/// The page and its form.
pub fn routes(provider: Provider) -> Router {
    Router::new()
        .route(pattern::SANDBOX, get(page).post(act))
        .with_state(provider)
}

/// The pressed button.
#[derive(Deserialize)]
struct Pressed {
    action: String,
}

async fn page(
    State(provider): State<Provider>,
    Path(payment): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    match find(&*provider, &payment).await {
        Ok((_, charge)) => show(language::of(&uri, &headers), &charge),
        Err(error) => Envelope(error).into_response(),
    }
}

/// Performs the action, and redirects the buyer to the shop.
async fn act(
    State(provider): State<Provider>,
    Path(payment): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let (payment, charge) = match find(&*provider, &payment).await {
        Ok(found) => found,
        Err(error) => return Envelope(error).into_response(),
    };
    if let Some(action) = Action::parse(&pressed.action)
        && let Err(error) = provider.act(payment, action).await
    {
        return Envelope(unanswered(&error)).into_response();
    }
    let Ok(to) = HeaderValue::from_str(&charge.return_path) else {
        return Envelope(ApiError::NotFound).into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

async fn find(
    provider: &dyn SandboxProvider,
    payment: &str,
) -> Result<(PaymentId, ChargePage), ApiError> {
    let payment: PaymentId = payment.parse().map_err(|_| ApiError::NotFound)?;
    let found = provider.page(payment).await;
    let charge = found.map_err(|error| unanswered(&error))?;
    Ok((payment, charge.ok_or(ApiError::NotFound)?))
}

fn unanswered(error: &PortError) -> ApiError {
    tracing::warn!(error = %Chain(error), "the payment sandbox cannot read or write its tables; the visitor is told to try again");
    ApiError::Busy { retry_after_s: 1 }
}

/// No script and nothing from other sites; the form posts to this page and is redirected to the shop.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;\
    padding:0 1rem;color:#222;background:#fff}h1{font-size:1.25rem}\
    .sum{font-size:2.25rem;font-weight:600;margin:.5rem 0 1.5rem}\
    button,a.back{display:block;width:100%;min-height:3rem;margin:.5rem 0;font:inherit;\
    border:1px solid #767676;border-radius:.5rem;background:#fff;color:#222;box-sizing:border-box;\
    text-align:center;line-height:3rem;padding:0;text-decoration:none}\
    button.main{background:#1a5fb4;border-color:#1a5fb4;color:#fff;font-weight:600}\
    details{margin-top:2rem}summary{min-height:2.75rem;line-height:2.75rem}\
    @media(prefers-color-scheme:dark){body{background:#1e1e1e;color:#eee}\
    button,a.back{background:#2c2c2c;color:#eee}}";

/// All texts here are our own: our words, an amount, and a path of ours.
fn show(language: Language, charge: &ChargePage) -> Response {
    let say = Words::of(language);
    let mut forms = String::new();
    let mut details = String::new();
    for (action, word) in Action::ALL {
        let to = match action {
            Action::Pay | Action::Decline => &mut forms,
            _ => &mut details,
        };
        let main = if action == Action::Pay {
            " class=main"
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(
            to,
            "<button{main} name=action value={word}>{}</button>",
            say.action(action)
        );
    }
    let body = match charge.is_open {
        true => format!(
            "<form method=post>{forms}<a class=back href=\"{}\">{}</a>\
             <details><summary>{}</summary>{details}</details></form>",
            charge.return_path, say.back, say.more
        ),
        false => format!(
            "<p role=status>{}</p><a class=back href=\"{}\">{}</a>",
            say.over, charge.return_path, say.back
        ),
    };
    let html = format!(
        "<!DOCTYPE html><html lang={}><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <meta name=color-scheme content=\"light dark\">\
         <link rel=icon href=/favicon.svg type=\"image/svg+xml\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>\
         <p>{}</p><p class=sum>{}</p>{body}</main></body></html>",
        language.tag(),
        say.what,
        charge.amount,
        title = say.title,
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, html).into_response()
}

struct Words {
    language: Language,
    title: &'static str,
    what: &'static str,
    back: &'static str,
    more: &'static str,
    over: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::Zh => Words {
                language,
                title: "支付沙箱",
                what: "这是内置的模拟支付，不会产生任何扣款。",
                back: "不付款，返回商店",
                more: "模拟异常情况",
                over: "这笔支付已经结束。",
            },
            Language::En => Words {
                language,
                title: "Payment sandbox",
                what: "A pretended provider, built into the shop. No money moves.",
                back: "Go back without paying",
                more: "Let something go wrong",
                over: "This payment is over.",
            },
        }
    }

    fn action(&self, action: Action) -> &'static str {
        let (zh, en) = match action {
            Action::Pay => ("付款", "Pay"),
            Action::Decline => ("银行拒绝", "The bank declines"),
            Action::PayWithRepeats => ("付款，通知重复三次", "Pay; the notice comes three times"),
            Action::PaySilently => ("付款，但没有通知", "Pay; no notice comes"),
            Action::PayTwice => ("付两次款", "Pay twice"),
            Action::PayLate => ("截止后到账", "The money comes after the deadline"),
            Action::PayTooLittle => ("少付一分", "Pay one fen too little"),
            Action::PayTooMuch => ("多付一分", "Pay one fen too much"),
            Action::PayInAnotherCurrency => ("用其他货币付款", "Pay in another currency"),
            Action::Forge => ("伪造通知", "Send a forged notice"),
            Action::PayUnknown => ("不存在的支付的通知", "Send a notice of an unknown payment"),
            Action::PayAnotherShop => ("其他商户的通知", "Send a notice for another shop"),
            Action::Probe => ("验签探测", "Probe the signature check"),
        };
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}
