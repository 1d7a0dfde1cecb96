//! Forms with files (`multipart/form-data`), read to their end even when a file is too large, so that typed text is
//! not lost.

use app::wire::ApiError;
use axum::{
    body::to_bytes,
    extract::{FromRequest as _, Multipart, Request, multipart::Field},
};

use crate::http::envelope;

/// Largest form with files, in bytes. A larger one is refused as a whole.
pub const MAX_FORM: usize = 128 * 1024 * 1024;
/// Largest form without files, in bytes: twenty items with the longest texts, encoded.
const MAX_WITHOUT_FILES: usize = 1024 * 1024;
/// Most fields, files among them: twenty items have some two hundred.
const MAX_FIELDS: usize = 400;
/// Largest field that is no file, in bytes.
const MAX_TEXT: usize = 64 * 1024;

/// The content of a form.
#[derive(Default)]
pub struct SentForm {
    /// Names and texts, in order.
    pub fields: Vec<(String, String)>,
    /// Names and contents of the chosen files; `None` for a file that is too large or exceeds the count.
    pub files: Vec<(String, Option<Vec<u8>>)>,
}

/// How much of a form's files is kept in memory.
#[derive(Clone, Copy)]
pub struct FileLimits {
    /// Bytes of each.
    pub bytes: usize,
    /// How many.
    pub count: usize,
}

/// Reads a form, with files or without. The sender is known by now.
///
/// # Errors
/// `invalid` with `body` if it cannot be read.
pub async fn read(request: Request, limits: FileLimits) -> Result<SentForm, ApiError> {
    if !envelope::says(&request, "multipart/form-data") {
        if !envelope::says(&request, "application/x-www-form-urlencoded") {
            return Err(unreadable());
        }
        let body = to_bytes(request.into_body(), MAX_WITHOUT_FILES).await;
        let body = body.map_err(|_| unreadable())?;
        return Ok(SentForm {
            fields: form_urlencoded::parse(&body).into_owned().collect(),
            files: Vec::new(),
        });
    }
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|_| unreadable())?;
    let mut sent = SentForm::default();
    while let Some(field) = parts.next_field().await.map_err(|_| unreadable())? {
        if sent.fields.len() + sent.files.len() == MAX_FIELDS {
            return Err(unreadable());
        }
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::is_empty) {
            None => {
                let text = kept(field, MAX_TEXT).await?.ok_or_else(unreadable)?;
                let text = String::from_utf8(text).map_err(|_| unreadable())?;
                sent.fields.push((name, text));
            }
            // Browsers send this for an input without a chosen file.
            Some(true) => {}
            Some(false) => {
                let kept_yet = sent.files.iter().filter(|(_, file)| file.is_some()).count();
                let most = if kept_yet < limits.count {
                    limits.bytes
                } else {
                    0
                };
                sent.files.push((name, kept(field, most).await?));
            }
        }
    }
    Ok(sent)
}

fn unreadable() -> ApiError {
    ApiError::Invalid {
        field: "body".to_owned(),
    }
}

/// The whole field, or `None` if it is larger; it is read to its end in any case.
async fn kept(mut field: Field<'_>, most: usize) -> Result<Option<Vec<u8>>, ApiError> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
        fits &= bytes.len() + chunk.len() <= most;
        match fits {
            true => bytes.extend_from_slice(&chunk),
            false => bytes = Vec::new(),
        }
    }
    Ok(fits.then_some(bytes))
}
