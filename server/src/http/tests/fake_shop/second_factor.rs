//! The second factor of the fake shop: there is none.

use app::{
    port::{SecondFactors, Visitor},
    wire::{ApiError, SecondFactor, SecondFactorSetup},
};
use async_trait::async_trait;

use super::FakeShop;

#[async_trait]
impl SecondFactors for FakeShop {
    async fn second_factor(&self, visitor: &Visitor) -> Result<SecondFactor, ApiError> {
        visitor.signed_in()?;
        Ok(SecondFactor::default())
    }

    async fn begin_second_factor(
        &self,
        visitor: &Visitor,
        _: String,
    ) -> Result<SecondFactorSetup, ApiError> {
        visitor.signed_in()?;
        Err(ApiError::Invalid {
            field: "password_wrong".to_owned(),
        })
    }

    async fn confirm_second_factor(&self, visitor: &Visitor, _: &str) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Err(ApiError::NotFound)
    }

    async fn remove_second_factor(
        &self,
        visitor: &Visitor,
        _: String,
        _: &str,
    ) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Err(ApiError::NotFound)
    }
}
