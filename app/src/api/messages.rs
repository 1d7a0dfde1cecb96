//! The shop's messages to the caller.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use super::context::{shop, visitor};
use crate::wire::{ApiError, Json, Message, MessageId};

/// `GET /api/messages`: the latest first, at most 200.
#[server(name = GetMessages, endpoint = "/messages", prefix = "/api", input = GetUrl, output = Json)]
pub async fn messages() -> Result<Vec<Message>, ApiError> {
    shop()?.messages(&visitor()?).await
}

/// `GET /api/messages/unread`: the number of unread messages.
#[server(name = GetUnreadMessages, endpoint = "/messages/unread", prefix = "/api", input = GetUrl, output = Json)]
pub async fn unread_messages() -> Result<u32, ApiError> {
    shop()?.unread_messages(&visitor()?).await
}

/// `POST /api/messages/read`: marks the messages up to this one as read.
#[server(endpoint = "/messages/read", prefix = "/api", input = Json, output = Json)]
pub async fn read_messages(message_id: MessageId) -> Result<(), ApiError> {
    shop()?.read_messages(&visitor()?, message_id).await
}
