//! Shipping orders by a list.

use super::messages;
use crate::wire::{ApiError, Language, LineProblem};

messages! {
    title: "批量发货", "Ship by a list";
    back: "返回订单列表", "Back to the orders";
    intro: "CSV 文件，每行三列：订单号或订单 ID、承运商、单号；最多 300 行。先核对，再发货。表格软件会改写像 1234567E89 这样的订单号，请用订单 ID。",
        "A CSV file with three columns: an order's number or id, the carrier, its number; 300 lines at most. It is checked first. Spreadsheets rewrite numbers such as 1234567E89: use the ids there.";
    file: "文件", "File";
    or_typed: "或粘贴在这里（选择了文件时以文件为准）", "Or paste the lines here (a file that is chosen counts instead)";
    check: "核对", "Check";
    means: "买家会看到承运商和单号。此操作不能撤销；再次提交同样的列表不会重复发货。",
        "Buyers are shown carrier and number. This cannot be undone; the same list sent again ships nothing twice.";
    lines: "逐行结果", "Line by line";
    line: "行", "Line";
    outcome: "结果", "What becomes of it";
    order: "订单", "Order";
    carrier: "承运商", "Carrier";
    number: "单号", "Number";
    is_done: "已这样发货", "Shipped like this";
    will_ship: "可以发货", "Can be shipped";
}

/// The effect that a list would have.
pub fn would_ship(language: Language, to_ship: usize, wrong: usize, lines: usize) -> String {
    match (language, wrong) {
        (Language::Zh, 0) => format!("{lines} 行，{to_ship} 个订单可以发货。"),
        (Language::Zh, _) => {
            format!("{lines} 行中有 {wrong} 行有误，什么也没有改变。改正后重新提交整个列表。")
        }
        (Language::En, 0) => format!("Lines: {lines}. Orders that can be shipped: {to_ship}."),
        (Language::En, _) => format!(
            "Of {lines} lines {wrong} are wrong, so nothing was done. Mend them and send the whole list again."
        ),
    }
}

/// The effect of a list.
pub fn shipped(language: Language, shipped: u64, wrong: usize) -> String {
    match (language, wrong) {
        (Language::Zh, 0) => format!("已发货 {shipped} 个订单。"),
        (Language::Zh, _) => {
            format!("已发货 {shipped} 个订单，另有 {wrong} 个没有发货，原因见下。")
        }
        (Language::En, 0) => format!("Orders shipped: {shipped}."),
        (Language::En, _) => {
            format!("Orders shipped: {shipped}. Why {wrong} others were not stands below.")
        }
    }
}

/// A line with the column names.
pub fn heading(language: Language, line: u64) -> String {
    match language {
        Language::Zh => format!("第 {line} 行是表头，没有当作订单。"),
        Language::En => format!("Line {line} was taken for a heading, not for an order."),
    }
}

/// The button.
pub fn ship(language: Language, orders: usize) -> String {
    match language {
        Language::Zh => format!("发货 {orders} 个订单"),
        Language::En => format!("Ship them ({orders})"),
    }
}

/// Why a list cannot be read.
pub fn problem(language: Language, problem: &ApiError) -> String {
    let field = match problem {
        ApiError::Invalid { field } => field.as_str(),
        _ => "",
    };
    match (language, field, field.strip_prefix("line ")) {
        (Language::Zh, _, Some(line)) => format!("第 {line} 行不是三列。"),
        (Language::Zh, "lines", _) => "列表要有 1 到 300 行。".to_owned(),
        (Language::Zh, "large", _) => "列表超过 48 KiB。".to_owned(),
        (Language::Zh, "encoding", _) => "文件不是 UTF-8 编码，请另存为 UTF-8 的 CSV。".to_owned(),
        (Language::Zh, ..) => "暂时无法完成，请稍后再试。再次提交不会重复发货。".to_owned(),
        (Language::En, _, Some(line)) => format!("Line {line} does not have three columns."),
        (Language::En, "lines", _) => "A list has 1 to 300 lines.".to_owned(),
        (Language::En, "large", _) => "The list has more than 48 KiB.".to_owned(),
        (Language::En, "encoding", _) => {
            "The file is not UTF-8. Save it as a CSV in UTF-8.".to_owned()
        }
        (Language::En, ..) => {
            "This cannot be done at the moment. Try again in a while; a repeat ships nothing twice."
                .to_owned()
        }
    }
}

/// The problem of a line.
pub fn line_problem(language: Language, problem: LineProblem) -> &'static str {
    match (language, problem) {
        (Language::Zh, LineProblem::NoOrder) => "没有这个订单",
        (Language::Zh, LineProblem::SeveralOrders) => "不止一个订单是这个号，请用订单 ID",
        (Language::Zh, LineProblem::Twice) => "前面的行已有这个订单",
        (Language::Zh, LineProblem::Carrier) => "承运商为 1 到 32 个字",
        (Language::Zh, LineProblem::Number) => "单号为 4 到 40 个字母、数字或连字符",
        (Language::Zh, LineProblem::NoAddress) => "买家还没有填写收货信息",
        (Language::Zh, LineProblem::State(_)) => "订单的状态不对",
        (Language::Zh, LineProblem::Unknown) => "结果未知，请重新提交列表",
        (Language::Zh, LineProblem::NotYet) => "这次没有轮到，请重新提交列表",
        (Language::En, LineProblem::NoOrder) => "There is no such order",
        (Language::En, LineProblem::SeveralOrders) => "Several orders have this number: use the id",
        (Language::En, LineProblem::Twice) => "An earlier line has this order",
        (Language::En, LineProblem::Carrier) => "A carrier has 1 to 32 characters",
        (Language::En, LineProblem::Number) => "A number has 4 to 40 letters, digits and hyphens",
        (Language::En, LineProblem::NoAddress) => "Nobody has said where to send it",
        (Language::En, LineProblem::State(_)) => "The order is in another state",
        (Language::En, LineProblem::Unknown) => "Not known: send the list again",
        (Language::En, LineProblem::NotYet) => "Not yet: send the list again",
    }
}

/// The order's state does not allow shipping.
pub fn in_state(language: Language, state: &str) -> String {
    match language {
        Language::Zh => format!("订单现在是：{state}"),
        Language::En => format!("The order is: {state}"),
    }
}
