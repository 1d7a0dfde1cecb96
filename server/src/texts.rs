//! The shop's own texts: help, contact, terms, privacy, returns. The shop puts them into a folder, one file for
//! each page and language; missing ones are built in. Read once, at start-up, so that mistakes are found then and
//! not by a shopper.

mod markdown;

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use app::{
    routes::TextPage,
    texts::{Text, Texts},
    wire::Language,
};

/// Largest file, in bytes: some thirty printed pages. It is in memory, in every language, and in the page cache.
const MAX_FILE: u64 = 64 * 1024;

/// Why the folder cannot be used. Each error names the file.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    #[error("cannot read the folder of texts {folder} (SECKILL_TEXTS_DIR)", folder = .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// A file in it.
    #[error("cannot read the text {file}", file = .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A file that no page shows: perhaps its name is misspelled.
    #[error("{file} is no text of the shop; the names are {names}", file = .0.display(), names = names())]
    UnknownName(PathBuf),
    /// The file is too large.
    #[error("the text {file} has more than {MAX_FILE} bytes", file = .0.display())]
    TooLarge(PathBuf),
    /// In another encoding.
    #[error("the text {file} is not UTF-8", file = .0.display())]
    NotUtf8(PathBuf),
    /// The page's heading is missing.
    #[error("the text {file} does not begin with its title, a line such as `# Contact`", file = .0.display())]
    NoTitle(PathBuf),
}

/// The shop's texts: those in `folder`, and built-in ones for the rest. A page that the folder has in only one
/// language is shown in that language to everybody: a placeholder in the other would contradict it.
///
/// # Errors
/// See [`TextsError`].
pub fn load(folder: Option<&Path>) -> Result<Texts, TextsError> {
    let written = match folder {
        Some(folder) => in_folder(folder)?,
        None => Vec::new(),
    };
    let own = |page, language| {
        let of_page = || written.iter().filter(|(of, _)| *of == page);
        of_page()
            .find(|(_, text)| text.language == language)
            .or_else(|| of_page().next())
            .map(|(_, text)| text.clone())
    };
    Ok(Texts::new(|page, language| {
        own(page, language).unwrap_or_else(|| built_in(page, language))
    }))
}

/// The file names of pages that still have a placeholder; `None` if there are none.
pub fn missing(texts: &Texts) -> Option<String> {
    let pages = texts.placeholders();
    let names: Vec<_> = pages.into_iter().map(TextPage::name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The texts in the folder.
fn in_folder(folder: &Path) -> Result<Vec<(TextPage, Text)>, TextsError> {
    let cannot_read = |error| TextsError::Folder(folder.to_owned(), error);
    let mut written = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let entry = entry.map_err(cannot_read)?;
        let (file, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // Files of editors, of version control, and of tools that mount folders into containers.
        if name.starts_with('.') {
            continue;
        }
        let Some((page, language)) = named(&name) else {
            return Err(TextsError::UnknownName(file));
        };
        written.push((page, read(&file, language)?));
    }
    Ok(written)
}

/// `help.en.md`, and so on.
fn file_name(page: TextPage, language: Language) -> String {
    format!("{}.{}.md", page.name(), language.code())
}

fn all() -> impl Iterator<Item = (TextPage, Language)> {
    let languages = |page| Language::ALL.map(|language| (page, language));
    TextPage::ALL.into_iter().flat_map(languages)
}

fn named(name: &str) -> Option<(TextPage, Language)> {
    all().find(|(page, language)| file_name(*page, *language) == name)
}

fn names() -> String {
    let names: Vec<_> = all()
        .map(|(page, language)| file_name(page, language))
        .collect();
    names.join(", ")
}

fn read(file: &Path, language: Language) -> Result<Text, TextsError> {
    let cannot_read = |error| TextsError::File(file.to_owned(), error);
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(cannot_read)?;
    // Reads at most one byte more than is allowed.
    let mut opened = opened.take(MAX_FILE + 1);
    opened.read_to_end(&mut bytes).map_err(cannot_read)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(TextsError::TooLarge(file.to_owned()));
    }
    let source = String::from_utf8(bytes).map_err(|_| TextsError::NotUtf8(file.to_owned()))?;
    let (title, html) =
        markdown::render(&source).ok_or_else(|| TextsError::NoTitle(file.to_owned()))?;
    Ok(Text {
        title,
        html,
        language,
        is_placeholder: false,
    })
}

/// Help is about the program and holds for every shop. The other texts only the shop can write.
fn built_in(page: TextPage, language: Language) -> Text {
    let source = match (page, language) {
        (TextPage::Help, Language::Zh) => include_str!("texts/help.zh.md"),
        (TextPage::Help, Language::En) => include_str!("texts/help.en.md"),
        (TextPage::Contact, Language::Zh) => include_str!("texts/contact.zh.md"),
        (TextPage::Contact, Language::En) => include_str!("texts/contact.en.md"),
        (TextPage::Terms, Language::Zh) => include_str!("texts/terms.zh.md"),
        (TextPage::Terms, Language::En) => include_str!("texts/terms.en.md"),
        (TextPage::Privacy, Language::Zh) => include_str!("texts/privacy.zh.md"),
        (TextPage::Privacy, Language::En) => include_str!("texts/privacy.en.md"),
        (TextPage::Returns, Language::Zh) => include_str!("texts/returns.zh.md"),
        (TextPage::Returns, Language::En) => include_str!("texts/returns.en.md"),
    };
    let (title, html) = markdown::render(source).unwrap_or_default();
    Text {
        title,
        html,
        language,
        is_placeholder: page != TextPage::Help,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::chain::Chain;

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn refused(files: &[(&str, &[u8])]) -> String {
        let folder = folder(files);
        let refused = load(Some(folder.path())).expect_err("a refusal");
        Chain(&refused).to_string()
    }

    #[test]
    fn built_in_texts_have_titles_and_only_help_is_no_placeholder() {
        let texts = load(None).unwrap();
        for (page, language) in all() {
            let text = texts.get(page, language);
            assert!(!text.title.is_empty() && !text.html.is_empty(), "{page:?}");
            assert_eq!(text.language, language);
        }
        let missing = [
            TextPage::Contact,
            TextPage::Terms,
            TextPage::Privacy,
            TextPage::Returns,
        ];
        assert_eq!(texts.placeholders(), missing);
    }

    #[test]
    fn the_folder_outranks_built_in_texts_and_one_language_serves_both() {
        let folder = folder(&[
            ("terms.zh.md", "# 条款\n\n先付款。".as_bytes()),
            ("help.en.md", b"# Questions\n\nAsk."),
            ("help.zh.md", "# 问题\n\n请问。".as_bytes()),
            (".gitignore", b"*~"),
        ]);
        let texts = load(Some(folder.path())).unwrap();
        let terms = texts.get(TextPage::Terms, Language::En);
        assert_eq!((&*terms.title, terms.language), ("条款", Language::Zh));
        assert_eq!(terms.html, "<p>先付款。</p>\n");
        assert_eq!(texts.get(TextPage::Help, Language::En).title, "Questions");
        assert_eq!(texts.get(TextPage::Help, Language::Zh).title, "问题");
        assert!(!texts.placeholders().contains(&TextPage::Terms));
        assert!(texts.placeholders().contains(&TextPage::Privacy));
    }

    #[test]
    fn a_mistake_in_the_folder_is_reported_with_its_file() {
        let said = refused(&[("hlep.zh.md", b"# A")]);
        assert!(
            said.contains(
                "hlep.zh.md is no text of the shop; the names are help.zh.md, help.en.md"
            ),
            "{said}"
        );
        let said = refused(&[("help.zh.md", b"# \xff")]);
        assert!(said.ends_with("help.zh.md is not UTF-8"), "{said}");
        for untitled in ["", "Help", "\n\n## Help", "#  \n\nHelp"] {
            let said = refused(&[("help.zh.md", untitled.as_bytes())]);
            assert!(said.contains("does not begin with its title"), "{said}");
        }
        let large = vec![b'#'; MAX_FILE as usize + 1];
        let said = refused(&[("help.zh.md", &large)]);
        assert!(said.contains("more than 65536 bytes"), "{said}");
        let nowhere = load(Some(Path::new("/nowhere/texts"))).unwrap_err();
        let said = Chain(&nowhere).to_string();
        assert!(
            said.contains("/nowhere/texts (SECKILL_TEXTS_DIR)"),
            "{said}"
        );
    }
}
