//! The form with which staff confirm a step: a reason, and their password.

use app::{
    pages::ConfirmationForm,
    port::{Confirmation, Visitor},
    wire::ApiError,
};
use axum::{Form, extract::rejection::FormRejection, response::Response};
use serde::Deserialize;

use crate::http::{pages, renderer::Renderer};

/// As it was sent.
#[derive(Deserialize)]
pub struct SentConfirmation {
    reason: String,
    password: String,
}

/// The form, or why it cannot be read.
pub type SentForm = Result<Form<SentConfirmation>, FormRejection>;

impl SentConfirmation {
    /// For the engine, which checks it.
    pub fn confirmation(&self) -> Confirmation {
        Confirmation {
            reason: self.reason.clone(),
            password: self.password.clone(),
        }
    }

    /// Redirects to `next`, or shows the form's `page` again with the problem and the reason as typed.
    pub async fn answer(
        self,
        renderer: &Renderer,
        visitor: Visitor,
        done: Result<(), ApiError>,
        (page, next): (&str, &str),
    ) -> Response {
        let form = |problem| ConfirmationForm {
            reason: self.reason,
            problem: Some(problem),
        };
        pages::after_form(renderer, visitor, page, done, next, form).await
    }
}
