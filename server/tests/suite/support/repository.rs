//! The repository's own files, for tests of its rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The text of a file, which is named from the repository's folder.
pub fn read(file: &str) -> String {
    let read = fs::read_to_string(root().join(file));
    read.unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// All files below a folder whose names end so: their paths from the repository's folder, and their texts.
pub fn sources(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | "screenshots")
            {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((shown, text));
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found
}
