"use strict";

// The pages without a frame follow the theme that was chosen inside it.
const chosen = JSON.parse(localStorage.getItem("adminTheme") ?? '"auto"');
const isDark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", isDark);
