//! A second factor for an account.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, SecondFactor, SecondFactorSetup};

/// Setting up and removing a second factor. Every method checks the caller, the limits and the input itself,
/// like those of [`Storefront`](super::Storefront).
#[async_trait]
pub trait SecondFactors: Send + Sync + 'static {
    /// The state of the caller's second factor.
    async fn second_factor(&self, visitor: &Visitor) -> Result<SecondFactor, ApiError>;

    /// Creates a secret that takes effect once it is confirmed. A repeat creates another one.
    ///
    /// # Errors
    /// `invalid` with `password_wrong`, or with `second_factor` if one is in effect.
    async fn begin_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
    ) -> Result<SecondFactorSetup, ApiError>;

    /// Activates the secret that was created less than a quarter of an hour ago.
    ///
    /// # Errors
    /// `invalid` with `code`; `not_found` when nothing was begun.
    async fn confirm_second_factor(&self, visitor: &Visitor, code: &str) -> Result<(), ApiError>;

    /// Removes the second factor: signing in needs no code any more.
    ///
    /// # Errors
    /// `invalid` with `password_wrong` or `code`; `not_found` if none is in effect.
    async fn remove_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
        code: &str,
    ) -> Result<(), ApiError>;
}
