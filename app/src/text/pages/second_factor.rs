//! The page of the second factor.

use super::messages;
use crate::wire::Language;

messages! {
    title: "两步验证", "Two-step sign-in";
    lead: "开启后，登录时除密码外还需要手机验证器里的 6 位数字。别人只知道密码也登录不了。",
        "With it, signing in asks for six digits from an authenticator app besides the password: whoever knows the password alone does not get in.";
    is_off: "还没有开启。", "It is not switched on.";
    begin: "开始设置", "Set it up";
    step_scan: "1. 用验证器扫描二维码", "1. Scan the code with an authenticator app";
    scan_hint: "任何支持 TOTP 的验证器都可以。扫不了就手动输入密钥：",
        "Any app that knows TOTP will do. If it cannot scan, type the key:";
    picture: "二维码", "QR code";
    step_keep: "2. 保存这些恢复码", "2. Keep these recovery codes";
    keep_hint: "手机丢了时，每个恢复码可以代替验证码用一次。设置完成后不再显示，请存到安全的地方。",
        "If the phone is lost, each signs you in once in place of a code. They are not shown again once this is done: keep them somewhere safe.";
    step_confirm: "3. 输入验证器显示的 6 位数字", "3. Type the six digits that the app shows";
    code: "验证码", "Code";
    confirm: "开启两步验证", "Switch it on";
    remove_title: "关闭两步验证", "Switch it off";
    remove_lead: "需要密码，和一个验证码或恢复码。", "This takes the password, and a code or a recovery code.";
    remove: "关闭", "Switch it off";
    begun: "密钥已生成，请在 15 分钟内完成下面三步。", "A key was made. Please finish the three steps within 15 minutes.";
    confirmed: "两步验证已开启，下次登录时生效。", "It is switched on, from the next sign-in on.";
    removed: "两步验证已关闭。", "It is switched off.";
    lapsed: "设置已过期，请重新开始。", "That setup has lapsed. Please begin again.";
    code_needed: "密码正确。这个账号开启了两步验证，请再次输入密码，并填写验证器里的 6 位数字。",
        "The password is right. This account is signed in to in two steps: please type the password again, and the six digits of your authenticator app.";
    code_wrong: "验证码不对，或已经用过。请等下一个数字再试。", "That code is not right, or was used before. Please try with the next one.";
    code_hint: "验证器里的 6 位数字，或一个恢复码", "Six digits from the app, or a recovery code";
}

/// The date it was set up, and the number of recovery codes left.
pub fn is_on(language: Language, since: &str, left: u32) -> String {
    match language {
        Language::Zh => format!("已于{since}开启，还有 {left} 个恢复码可用。"),
        Language::En => {
            format!("It is switched on since {since}, with {left} recovery codes left.")
        }
    }
}
