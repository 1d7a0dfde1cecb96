(function () {
  function show(id) {
    if (!document.querySelector(".buy-panel[data-ready]")) document.getElementById(id).hidden = false;
  }
  if (typeof WebAssembly === "undefined") show("buy-no-wasm");
  else setTimeout(show, 10000, "buy-not-started");
})();
