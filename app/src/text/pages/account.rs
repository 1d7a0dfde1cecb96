//! The log-in and registration forms.

use super::messages;
use crate::wire::{Language, Nickname, Password};

messages! {
    login_title: "登录", "Sign in";
    login_lead: "提前登录，开抢时更从容。", "Sign in ahead of time, and the start finds you ready.";
    login_action: "登录", "Sign in";
    no_account: "还没有账号？", "No account yet?";
    register_link: "注册一个", "Make one";
    register_title: "注册", "Make an account";
    register_lead: "只需一分钟。手机号只用来登录，页面上只显示头尾。",
        "It takes a minute. Your number is for signing in only, and pages show just its ends.";
    register_action: "注册并登录", "Make the account";
    have_account: "已有账号？", "You have one already?";
    login_link: "去登录", "Sign in";
    mobile: "手机号", "Mobile number";
    mobile_hint: "11 位数字，例如 138 0000 0001", "Eleven digits, such as 138 0000 0001";
    password: "密码", "Password";
    nickname: "昵称", "Nickname";
    mismatch: "手机号或密码不对，请检查后再试。", "Number and password do not match. Please check both and try again.";
    mobile_invalid: "请填写 11 位手机号，例如 138 0000 0001。", "Please type all eleven digits, such as 138 0000 0001.";
    mobile_taken: "这个手机号已经注册过，请直接登录。", "This number has an account already. Please sign in instead.";
    rate_limited: "试得太频繁了，请过一分钟再试。", "Too many tries. Please wait a minute and try again.";
    busy: "现在人很多，请过几秒再试。", "The shop is very busy. Please try again in a few seconds.";
    forbidden: "为了你的安全，请从这个页面重新提交。", "For your safety, please send the form from this page again.";
    unknown: "没有成功，什么也没有改变。请再试一次。", "That did not work, and nothing was changed. Please try again.";
}

/// What a password must be.
pub fn password_rule(language: Language) -> String {
    let (min, max) = (Password::MIN, Password::MAX);
    match language {
        Language::Zh => format!("{min} 到 {max} 个字符"),
        Language::En => format!("{min} to {max} characters"),
    }
}

/// What a nickname must be.
pub fn nickname_rule(language: Language) -> String {
    let max = Nickname::MAX;
    match language {
        Language::Zh => format!("显示在页面上，1 到 {max} 个字"),
        Language::En => format!("Shown on pages, 1 to {max} characters"),
    }
}

/// A password that is too short or too long.
pub fn password_invalid(language: Language) -> String {
    let (min, max) = (Password::MIN, Password::MAX);
    match language {
        Language::Zh => format!("密码需要 {min} 到 {max} 个字符。"),
        Language::En => format!("A password has {min} to {max} characters."),
    }
}

/// A nickname that is empty or too long.
pub fn nickname_invalid(language: Language) -> String {
    let max = Nickname::MAX;
    match language {
        Language::Zh => format!("昵称需要 1 到 {max} 个字。"),
        Language::En => format!("A nickname has 1 to {max} characters."),
    }
}
