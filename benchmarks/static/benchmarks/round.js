// The return key in a list of choices does what it does in a field: it presses the first button of the form.
for (const list of document.querySelectorAll("form.entry select")) {
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.form.querySelector("button").click();
  });
}
