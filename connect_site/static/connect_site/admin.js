/* What unfold's templates have Alpine do that its CSP build cannot evaluate, and what polls. */

/* Neither is allowed by the Content-Security-Policy. */
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;

document.addEventListener("alpine:init", () => {
  /* The body: which tab is open, and whether the sidebar is. */
  Alpine.data("page", (activeTab) => ({
    activeTab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      this.activeTab = (activeTab && getCurrentTab()) || activeTab;
      this.$watch("sidebarDesktopOpen", (open) =>
        localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"),
      );
    },
    toggleSidebar() {
      this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
    },
    /* A form comes back to the tab that it was sent from. */
    formAction() {
      const address = window.location.pathname + window.location.search;
      const inTab = this.activeTab && this.activeTab !== "general";
      return inTab ? `${address}#${this.activeTab}` : address;
    },
  }));

  Alpine.data("theme", theme);
  Alpine.data("searchForm", searchForm);
  Alpine.data("searchCommand", searchCommand);
  Alpine.data("searchDropdown", () => ({
    ...searchDropdown(),
    openResults() {
      this.openSearchResults = true;
      this.currentIndex = 0;
    },
    closeResults() {
      this.openSearchResults = false;
      const input = this.$refs.searchInput;
      if (input.value === "") {
        input.blur();
      }
      input.value = "";
    },
  }));
});

/* A page that nobody looks at asks for nothing. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const polled = event.detail.elt.matches("[hx-trigger^=every]");
  if (polled && document.visibilityState !== "visible") {
    event.preventDefault();
  }
});

/* A form that gets no answer says so: nothing else on the page would. (A page that is gone or may
   not be used is loaded again.) */
const tellOfNoAnswer = (event) => {
  const form = event.detail.elt.closest("form");
  const status = event.detail.xhr.status;
  if (!form || status === 403 || status === 404) {
    return;
  }
  const alert = form.querySelector("[role=alert]") || document.createElement("p");
  alert.className = "cp-error";
  alert.setAttribute("role", "alert");
  const how = status ? `answered with an error (${status})` : "does not answer";
  alert.textContent = `The gateway ${how}. Look whether it was done before you repeat it.`;
  form.append(alert);
};
document.addEventListener("htmx:responseError", tellOfNoAnswer);
document.addEventListener("htmx:sendError", tellOfNoAnswer);
