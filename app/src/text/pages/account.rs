//! The log-in and registration forms, and the page of the account.

use super::messages;
use crate::wire::{Language, Nickname, Password};

messages! {
    login_title: "登录", "Sign in";
    login_lead: "提前登录，开抢时更从容。", "Sign in ahead of time, and the start finds you ready.";
    login_action: "登录", "Sign in";
    signed_out: "您已退出登录。", "You are signed out.";
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
    password_common: "这个密码太常见，或与手机号、昵称太像，别人很快就能猜中。请换一个，例如几个不相干的词。",
        "This password is a common one, or close to your number or name: it would soon be guessed. Please take another, such as a few unrelated words.";
    current_password_wrong: "当前密码不对。密码没有改变。", "This is not the present password. Nothing was changed.";
    no_recovery: "请记好密码：忘记后目前无法找回。", "Please keep it safe: a forgotten password cannot be recovered yet.";
    rate_limited: "试得太频繁了，请过一分钟再试。", "Too many tries. Please wait a minute and try again.";
    busy: "现在人很多，请过几秒再试。", "The shop is very busy. Please try again in a few seconds.";
    no_log_ins: "店铺暂停了登录和注册，请稍后再试。已登录的不受影响。",
        "Signing in and registering are paused for the moment; please try again later. Those who are signed in stay so.";
    reading_only: "店铺暂时只能浏览，什么也没有改变。请稍后再试。",
        "The shop can only be read for the moment, and nothing was changed. Please try again later.";
    forbidden: "为了你的安全，请从这个页面重新提交。", "For your safety, please send the form from this page again.";
    unknown: "没有成功，什么也没有改变。请再试一次。", "That did not work, and nothing was changed. Please try again.";
}

/// The rule for passwords.
pub fn password_rule(language: Language) -> String {
    let (min, max) = (Password::MIN, Password::MAX);
    match language {
        Language::Zh => format!("{min} 到 {max} 个字符"),
        Language::En => format!("{min} to {max} characters"),
    }
}

/// The rule for passwords, and advice for choosing one.
pub fn new_password_rule(language: Language) -> String {
    let space = match language {
        Language::Zh => "。",
        Language::En => ". ",
    };
    password_rule(language) + space + no_recovery(language)
}

/// The rule for nicknames.
pub fn nickname_rule(language: Language) -> String {
    let max = Nickname::MAX;
    match language {
        Language::Zh => format!("显示在页面上，1 到 {max} 个字"),
        Language::En => format!("Shown on pages, 1 to {max} characters"),
    }
}

/// A password that is too short.
pub fn password_short(language: Language) -> String {
    let (min, max) = (Password::MIN, Password::MAX);
    match language {
        Language::Zh => format!("密码太短，需要 {min} 到 {max} 个字符。"),
        Language::En => format!("Too short: a password has {min} to {max} characters."),
    }
}

/// A password that is too long.
pub fn password_long(language: Language) -> String {
    let max = Password::MAX;
    match language {
        Language::Zh => {
            format!("密码太长，最多 {max} 个字符。我们不会截断密码，请换一个短一些的。")
        }
        Language::En => format!(
            "Too long: a password has at most {max} characters. We cut none off, so please take a shorter one."
        ),
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

messages! {
    account_title: "我的账号", "Your account";
    change_title: "修改密码", "Change the password";
    change_lead: "修改后，其他设备上的登录都会失效，需要重新登录。",
        "Every other device is then signed out, and has to sign in with the new one.";
    change_action: "修改密码", "Change the password";
    current_password: "当前密码", "Present password";
    new_password: "新密码", "New password";
    password_changed: "密码已修改，其他登录都已失效。", "The password is changed, and every other device is signed out.";
    log_ins_title: "登录的设备", "Where you are signed in";
    log_ins_lead: "看到不认识的登录？请修改密码，其他登录会全部失效；也可以只结束其中一个。",
        "Something you do not recognise? A new password ends all others; or end single ones here.";
    log_in_ended: "登录已结束。", "Signed out there.";
    log_in_gone: "这个登录已经不在了。", "That one was signed out already.";
    to_end: "结束登录需要密码。", "Ending a log-in needs the password.";
    this_one: "当前", "This one";
    unknown_device: "未知设备", "Unknown device";
    end: "结束", "End";
    end_others: "结束其他所有登录", "End all others";
    to_account: "密码与登录的设备", "Password, and where you are signed in";
}

/// The beginning of a log-in.
pub fn since(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("{when}登录"),
        Language::En => format!("Since {when}"),
    }
}

/// The last use of a log-in.
pub fn last_used(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("最近使用：{when}"),
        Language::En => format!("last used {when}"),
    }
}

/// The button that ends one log-in, for screen readers.
pub fn end_on(language: Language, device: &str) -> String {
    match language {
        Language::Zh => format!("结束：{device}"),
        Language::En => format!("End: {device}"),
    }
}
