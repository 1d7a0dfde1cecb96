//! A shopper's steps to a unit: a captcha question, the hidden path, the purchase.

pub mod ask_captcha;
pub mod hand_out_path;
pub mod in_steps;
pub mod reserve;

use std::sync::Arc;

use super::{
    Rules,
    ports::{
        CaptchaSource, Captchas, Catalogue, Clock, Ids, Job, Limits, Paths, Purchases, WakeSignal,
    },
    switches::SwitchesInEffect,
};

/// Dependencies of the purchase.
pub struct Deps {
    pub rules: Rules,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub limits: Arc<dyn Limits>,
    pub catalogue: Arc<dyn Catalogue>,
    /// Source of new questions.
    pub questions: Arc<dyn CaptchaSource>,
    /// Questions that were asked and wait for an answer.
    pub captchas: Arc<dyn Captchas>,
    pub paths: Arc<dyn Paths>,
    pub purchases: Arc<dyn Purchases>,
    pub wake: Arc<dyn WakeSignal>,
    pub switches: Arc<SwitchesInEffect>,
    /// The worker that processes a new hold: the relay, or the order writer where the gate is the
    /// queue itself.
    pub after_hold: Job,
}
