//! Pages that could not be shown.

use super::messages;

messages! {
    not_found_title: "这里什么也没有", "There is nothing here";
    not_found_text: "地址可能写错了，或者商品已经下架。", "The address may be mistyped, or the item is no longer on sale.";
    no_order_title: "没有这个订单", "There is no such order";
    no_order_text: "订单号可能写错了，或者它属于另一个账号。", "The address may be mistyped, or the order is another account's.";
    busy_title: "现在人很多", "The shop is very busy";
    busy_text: "页面这会儿打不开。已经抢到的不会丢，请过几秒再试。",
        "This page cannot be shown right now. What you have won is safe. Please try again in a few seconds.";
    limited_title: "请慢一点", "A little slower, please";
    limited_text: "短时间内打开了太多次。请过几秒再试。",
        "You opened pages very often within a short time. Please try again in a few seconds.";
    closed_title: "暂时不能使用", "Not available for the moment";
    closed_text: "店铺暂停了这项功能。已经抢到的不会丢，请稍后再试。",
        "The shop has paused this. What you have won is safe. Please try again later.";
    sign_in_title: "请先登录", "Please sign in first";
    sign_in_text: "这一页只给本人看。", "This page is for its owner only.";
    forbidden_title: "这一页不对你开放", "This page is not open to you";
    forbidden_text: "当前账号没有权限。如果应该有，请联系店铺管理员。",
        "Your account may not see it. If it should, please ask whoever runs the shop.";
    broken_title: "出了点问题", "Something went wrong";
    broken_text: "这是我们的问题，已经记录下来。已经抢到的不会丢。",
        "The fault is ours, and it has been written down. What you have won is safe.";
    reference: "联系我们时请报这个编号", "Please quote this reference when you write to us";
    try_again: "再试一次", "Try again";
    sign_in: "去登录", "Sign in";
}
