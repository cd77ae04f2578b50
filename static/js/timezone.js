/* Tells the server the viewer's time zone. The first page ever is in UTC; the next ones are local. */
import { recall, remember } from "./cookies.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && recall("timezone") !== zone) remember("timezone", zone);
