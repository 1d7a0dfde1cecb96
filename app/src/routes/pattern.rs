//! Addresses with a variable part, as the server's router writes them.

/// The page of an item.
pub const ITEM: &str = "/items/{id}";
/// The page of an order.
pub const ORDER: &str = "/orders/{id}";
/// The orders with a slash at the end, as people type them.
pub const ORDERS_WITH_SLASH: &str = "/orders/";
/// The form that stops a round.
pub const STOP_ROUND: &str = "/admin/rounds/{id}/stop";
/// The form that approves a round.
pub const APPROVE_ROUND: &str = "/admin/rounds/{id}/approve";
/// The form that sends a round back.
pub const SEND_ROUND_BACK: &str = "/admin/rounds/{id}/send_back";
/// The form that resumes a round.
pub const RESUME_ROUND: &str = "/admin/rounds/{id}/resume";
/// The rounds at a moment of one of them.
pub const PREVIEW: &str = "/admin/rounds/{id}/preview/{moment}";
/// One of its items at that moment.
pub const PREVIEW_OF_ITEM: &str = "/admin/rounds/{id}/preview/{moment}/{item}";
/// The report of a round.
pub const ROUND_REPORT: &str = "/admin/rounds/{id}/report";
/// The same for spreadsheets.
pub const ROUND_REPORT_CSV: &str = "/admin/rounds/{id}/report.csv";
/// The form that archives a product.
pub const ARCHIVE_PRODUCT: &str = "/admin/products/{id}/archive";
/// The form that restores a product.
pub const RESTORE_PRODUCT: &str = "/admin/products/{id}/restore";
/// An uploaded picture, in its large size.
pub const PICTURE: &str = "/pictures/{hash}";
/// The same in another size, by the pixels of its side.
pub const PICTURE_OF_SIZE: &str = "/pictures/{hash}/{side}";
/// Everything about an order, for staff.
pub const ADMIN_ORDER: &str = "/admin/orders/{id}";
/// The form that refunds an order.
pub const REFUND_ORDER: &str = "/admin/orders/{id}/refund";
/// The form for an order's shipment.
pub const SHIP_ORDER: &str = "/admin/orders/{id}/ship";
/// Everything about a buyer.
pub const ADMIN_BUYER: &str = "/admin/buyers/{id}";
/// The form that bans a buyer.
pub const BAN_BUYER: &str = "/admin/buyers/{id}/ban";
/// The form that ends a buyer's ban.
pub const UNBAN_BUYER: &str = "/admin/buyers/{id}/unban";
/// The form that redirects a buyer to the payment provider.
pub const PAY: &str = "/orders/{id}/pay";
/// The form for an order's shipping address.
pub const ORDER_ADDRESS: &str = "/orders/{id}/address";
/// The form that confirms that an order arrived.
pub const ORDER_RECEIVED: &str = "/orders/{id}/received";
/// The notice of a payment provider.
pub const PAYMENT_NOTICE: &str = "/api/payments/notice/{provider}";
/// The page of a payment at the built-in provider.
pub const SANDBOX: &str = "/sandbox/{payment}";
pub const PURCHASE: &str = "/seckill/{path}";
/// The picture of a captcha: `file` is its id and `.png`.
pub const CAPTCHA_PICTURE: &str = "/captcha/{file}";
/// The live page's stream of messages.
pub const NOW_EVENTS: &str = "/api/admin/now/events";
/// The form that puts a parked reservation back into the queue.
pub const REPLAY_PARKED: &str = "/admin/messages/parked/{id}/replay";
/// The form that ends a parked reservation without an order.
pub const DROP_PARKED: &str = "/admin/messages/parked/{id}/drop";
/// The form that sends a message to a program again.
pub const REPLAY_MESSAGE: &str = "/admin/messages/{id}/replay";
/// The form that sets a switch.
pub const SET_SWITCH: &str = "/admin/switches/{switch}/set";
/// The form that clears a switch.
pub const CLEAR_SWITCH: &str = "/admin/switches/{switch}/clear";
/// Every call.
pub const CALLS: &str = "/api/{*rest}";
