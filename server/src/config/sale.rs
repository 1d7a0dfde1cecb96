//! Settings of the sale that do not belong to a round.

use std::time::Duration;

use super::{
    forms::{OneOf, SWITCH, Seconds, whole},
    section::section,
};
use crate::adapters::captcha::CaptchaKind;

section! {
    /// Captchas, hidden paths, and the time to pay.
    #[derive(Clone, Debug)]
    Sale, "The sale" {
        captcha: Option<CaptchaKind> = "CAPTCHA", "arithmetic",
            OneOf(&[
                ("arithmetic", Some(CaptchaKind::Arithmetic)),
                ("text", Some(CaptchaKind::Text)),
                ("off", None),
            ]),
            "The captcha before a purchase; off is for load tools, and refused in production.";
        captcha_life: Duration = "CAPTCHA_LIFE_S", "120", Seconds(1, 3_600),
            "A captcha can be answered for this long.";
        path_life: Duration = "PATH_LIFE_S", "60", Seconds(1, 3_600),
            "A hidden path can be used for this long.";
        path_opens_before_s: u32 = "PATH_OPENS_BEFORE_S", "60", whole("seconds", 1, 86_400),
            "Captchas and paths are given from this long before the start of a round.";
        pay_window_s: u32 = "PAY_WINDOW_S", "600", whole("seconds", 1, 2_000_000),
            "A buyer has this long to pay, unless the round says otherwise.";
        self_approval: bool = "SELF_APPROVAL", "on", SWITCH,
            "Accounts that may approve rounds may also approve their own; off requires a second person, except for commands at the server.";
    }
}
