//! How a page gets its style and its program: the files that the build made, and the script that starts
//! the islands.
//!
//! The framework has a component for this. It waits for `requestIdleCallback`, which a busy page gives
//! late and one that is not drawn only every ten seconds, reads the files' names anew for every page, and
//! puts a random value into an attribute, so that no two renderings of a page are the same bytes.

use leptos::prelude::*;

use crate::preview::Preview;

/// The addresses of what every page loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFiles {
    /// The style sheet.
    pub style: String,
    /// The script that loads the program; a module.
    pub script: String,
    /// The program.
    pub wasm: String,
}

/// Starts the islands in the order of the page: one that surrounds others comes before them, and is told
/// before each of them, so that they find what it provides.
const START: &str = r"await program.default({ module_or_path: wasm });
program.hydrate();
for (const island of document.querySelectorAll('leptos-island')) {
  if (!island.isConnected) continue;
  island.parentElement.closest('leptos-children')?.$$on_hydrate?.();
  await program[island.dataset.component]?.(island);
}";

/// What the framework writes into a page from which nothing is handed on to the browser.
pub const FRAMEWORK: [&str; 2] = [
    "__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];__PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];",
    "__INCOMPLETE_CHUNKS=[];",
];

/// Every script that stands in a page itself. Browsers are told to run no other.
pub fn inline_scripts(files: &PageFiles) -> Vec<String> {
    let known = FRAMEWORK.into_iter().chain([crate::pages::START_CHECK]);
    known.map(str::to_owned).chain([start(files)]).collect()
}

fn start(files: &PageFiles) -> String {
    let PageFiles { script, wasm, .. } = files;
    format!("const wasm = {wasm:?}, program = await import({script:?});\n{START}")
}

/// Links to the files, and the script. They are asked for while the page is still read. A preview has the style
/// alone: nothing of it wakes up.
#[component]
pub fn Start(
    /// Where they are.
    files: PageFiles,
) -> impl IntoView {
    // What is outside of islands leaves no data for them in the page.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let script = start(&files);
    let program = Preview::of_page().is_none().then(|| {
        view! {
            <link rel="modulepreload" href=files.script />
            <link rel="preload" href=files.wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module">{script}</script>
        }
    });
    view! {
        <link rel="stylesheet" href=files.style />
        {program}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_loads_the_files_that_the_page_preloads() {
        let files = PageFiles {
            style: "/pkg/a.css".to_owned(),
            script: "/pkg/a.js".to_owned(),
            wasm: "/pkg/a.wasm".to_owned(),
        };
        let first = r#"const wasm = "/pkg/a.wasm", program = await import("/pkg/a.js");"#;
        assert_eq!(start(&files).lines().next(), Some(first));
    }
}
