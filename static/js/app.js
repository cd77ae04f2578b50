/* Loads the parts. Each one listens on the document, so that content swapped in later works as well. */
import "./theme.js";
import "./navigation.js";
import "./timezone.js";
import "./copy.js";
import "./toast.js";
import "./failures.js";
import "./confirm.js";
import "./menu.js";
import "./keys.js";
import "./rows.js";
import "./filter.js";
import "./narrow.js";
import "./json.js";
import "./poll.js";
