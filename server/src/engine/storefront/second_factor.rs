//! [`app::port::SecondFactors`] over the engine.

use app::{
    port::{SecondFactors, Visitor},
    wire::{ApiError, SecondFactor, SecondFactorSetup},
};
use async_trait::async_trait;

use super::{
    CLOSE_CHANGES, ShopFront,
    people::{failed, origin},
};
use crate::engine::accounts::second_factor as factor;
use crate::security::{self, Concerned, Event};

#[async_trait]
impl SecondFactors for ShopFront {
    async fn second_factor(&self, visitor: &Visitor) -> Result<SecondFactor, ApiError> {
        let me = visitor.signed_in()?.account_id;
        let token = visitor.login_token.as_deref();
        Ok(factor::state(&self.engine.accounts, me, token).await?)
    }

    async fn begin_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
    ) -> Result<SecondFactorSetup, ApiError> {
        let me = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let begun = factor::begin(&self.engine.accounts, &origin(visitor), me, password).await;
        begun.map_err(|error| failed(visitor, error))
    }

    async fn confirm_second_factor(&self, visitor: &Visitor, code: &str) -> Result<(), ApiError> {
        let me = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let set = factor::confirm(&self.engine.accounts, &origin(visitor), me, code).await;
        match set.map_err(|error| failed(visitor, error))? {
            true => security::record(Event::SecondFactorSet, &Concerned::of(visitor)),
            false => return Err(ApiError::NotFound),
        }
        Ok(())
    }

    async fn remove_second_factor(
        &self,
        visitor: &Visitor,
        password: String,
        code: &str,
    ) -> Result<(), ApiError> {
        let me = visitor.signed_in()?.account_id;
        self.engine.switches.in_effect.refuse(&CLOSE_CHANGES)?;
        let accounts = &self.engine.accounts;
        let removed = factor::remove(accounts, &origin(visitor), me, password, code).await;
        match removed.map_err(|error| failed(visitor, error))? {
            true => security::record(Event::SecondFactorRemoved, &Concerned::of(visitor)),
            false => return Err(ApiError::NotFound),
        }
        Ok(())
    }
}
