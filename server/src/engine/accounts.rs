//! Accounts and log-ins.

pub mod change_password;
pub mod device;
pub mod log_ins;
pub mod reset;
pub mod second_factor;
pub mod sign_in;
pub mod weak_password;

use std::sync::Arc;

use super::{
    Rules,
    ports::{Accounts, Clock, Ids, Limits, LoginTokens, Passwords, SecondFactors, WakeSignal},
    switches::SwitchesInEffect,
};

/// Dependencies of the account use cases.
#[derive(Clone)]
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub limits: Arc<dyn Limits>,
    pub accounts: Arc<dyn Accounts>,
    pub tokens: Arc<dyn LoginTokens>,
    pub passwords: Arc<dyn Passwords>,
    pub factors: Arc<dyn SecondFactors>,
    pub wake: Arc<dyn WakeSignal>,
    pub switches: Arc<SwitchesInEffect>,
}
