//! A second factor for an account.

use async_trait::async_trait;

use super::Visitor;
use crate::wire::{ApiError, SecondFactor, SecondFactorSetup};

/// Setting a second factor up, and taking it away. Every method checks who is asking, the limits and the input
/// itself, as those of [`Storefront`](super::Storefront) do.
#[async_trait]
pub trait SecondFactors: Send + Sync + 'static {
    /// How the caller's account stands.
    async fn second_factor(&self, visitor: &Visitor) -> Result<SecondFactor, ApiError>;

    /// Makes a secret that is in effect once it is confirmed. Again: another one.
    ///
    /// # Errors
    /// `invalid` with `password_wrong`, or with `second_factor` where one is in effect.
    async fn begin_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
    ) -> Result<SecondFactorSetup, ApiError>;

    /// Puts the secret into effect that was begun less than a quarter of an hour ago.
    ///
    /// # Errors
    /// `invalid` with `code`; `not_found` when nothing was begun.
    async fn confirm_second_factor(&self, visitor: &Visitor, code: &str) -> Result<(), ApiError>;

    /// Signing in asks for no code any more.
    ///
    /// # Errors
    /// `invalid` with `password_wrong` or `code`; `not_found` where none is in effect.
    async fn remove_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
        code: &str,
    ) -> Result<(), ApiError>;
}
