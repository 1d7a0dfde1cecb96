//! How a page loads its style and its wasm: the files of the build, and the script that starts the islands.
//!
//! Replaces the framework's component, which waits for `requestIdleCallback` (late on a busy page, and only
//! every ten seconds on one that is not drawn), reads the files' names again for every page, and puts a random
//! value into an attribute, so that two renderings of a page differ.

use leptos::prelude::*;

use crate::preview::Preview;

/// The addresses of the files that every page loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFiles {
    /// The style sheet.
    pub style: String,
    /// The script that loads the wasm; a module.
    pub script: String,
    /// The wasm.
    pub wasm: String,
}

/// Starts the islands in the order of the page: an outer one starts first, and is told before each inner one,
/// so that those find the contexts it provides.
const START: &str = r"await program.default({ module_or_path: wasm });
program.hydrate();
for (const island of document.querySelectorAll('leptos-island')) {
  if (!island.isConnected) continue;
  island.parentElement.closest('leptos-children')?.$$on_hydrate?.();
  await program[island.dataset.component]?.(island);
}";

/// The scripts that the framework writes into a page that passes no data to the browser.
pub const FRAMEWORK: [&str; 2] = [
    "__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];__PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];",
    "__INCOMPLETE_CHUNKS=[];",
];

/// Every inline script of a page. Browsers must run no other.
pub fn inline_scripts(files: &PageFiles) -> Vec<String> {
    let known = FRAMEWORK.into_iter().chain([crate::pages::START_CHECK]);
    known.map(str::to_owned).chain([start(files)]).collect()
}

fn start(files: &PageFiles) -> String {
    let PageFiles { script, wasm, .. } = files;
    format!("const wasm = {wasm:?}, program = await import({script:?});\n{START}")
}

/// Links to the files, and the script. They load while the page is still being read. A preview has only the
/// style: nothing in it wakes up.
#[component]
pub fn Start(
    /// The files' addresses.
    files: PageFiles,
) -> impl IntoView {
    // Parts outside of islands leave no data for islands in the page.
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
