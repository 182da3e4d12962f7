"""Pages of the ledger and of the nouns that everyone shares."""

from django.urls import URLPattern, URLResolver, path

from traceability.views import (
    api_pages,
    entries,
    holds,
    home,
    jobs,
    keeping,
    lot_lists,
    lots,
    many_holds,
    masters,
    people,
    resuming,
    search,
    verification,
)
from traceability.views.labels.addresses import label_patterns
from traceability.views.scanners import check as scanners
from traceability.views.scanners import log as scan_log
from traceability.views.stock.addresses import stock_patterns

app_name = "traceability"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("login/", people.log_in, name="login"),
    path("logout/", people.log_out, name="logout"),
    path("theme/", people.choose_theme, name="theme"),
    path("site/", people.choose_site, name="site"),
    path("resume/", resuming.resume, name="resume"),
    path("keyboard/", people.keyboard, name="keyboard"),
    path("help/", people.help_page, name="help"),
    path("help/api/", api_pages.api_page, name="api"),
    path("help/api/<slug:name>/", api_pages.api_topic, name="api_topic"),
    path("search", search.search, name="search"),
    path("lists/columns", keeping.choose_columns, name="choose_columns"),
    path("lists/rows", keeping.export_rows, name="export_rows"),
    path("views/", keeping.saved_views, name="views"),
    path("views/save", keeping.save_view, name="save_view"),
    path("views/<int:pk>/", keeping.change_view, name="view"),
    path("views/<int:pk>/first", keeping.open_first, name="open_first"),
    path("lots/", lot_lists.LotList.as_view(), name="lots"),
    path("lots/hold", many_holds.hold_lots, name="hold_lots"),
    path("lots/<int:pk>/", lots.lot_page, name="lot"),
    path("lots/<int:pk>/movements/", lots.movements, name="movements"),
    path("lots/<int:pk>/inside/", lots.inside, name="inside"),
    path("lots/<int:pk>/hold/", holds.place_hold, name="place_hold"),
    path("lots/<int:pk>/lift/", holds.lift_hold, name="lift_hold"),
    path("lots/<int:pk>/where-used/", lot_lists.WhereUsed.as_view(), name="where_used"),
    path("lots/<int:pk>/where-from/", lot_lists.WhereFrom.as_view(), name="where_from"),
    path("entries/", entries.EntryList.as_view(), name="entries"),
    path("entries/<int:seq>/", entries.entry_page, name="entry"),
    path("verifications/", verification.VerificationList.as_view(), name="verifications"),
    path("verifications/now", verification.verify_now, name="verify_now"),
    path("verifications/<int:pk>/", verification.verification_page, name="verification"),
    path("verifications/<int:pk>/checkpoint", verification.checkpoint_file, name="checkpoint_file"),
    path("scanner/", scanners.check, name="scanner_check"),
    path("scanner/commands/", scanners.commands, name="scanner_commands"),
    path("scans/", scan_log.ScanLog.as_view(), name="scans"),
    path("jobs/<int:pk>/", jobs.job_page, name="job"),
    path("jobs/<int:pk>/file", jobs.job_file, name="job_file"),
    path("jobs/<int:pk>/cancel", jobs.job_cancel, name="job_cancel"),
    path("items/", masters.ItemList.as_view(), name="items"),
    path("items/<int:pk>/", masters.item_page, name="item"),
    path("locations/", masters.LocationList.as_view(), name="locations"),
    path("locations/<int:pk>/", masters.LocationPage.as_view(), name="location"),
    path("parties/", masters.PartyList.as_view(), name="parties"),
    path("parties/<int:pk>/", masters.party_page, name="party"),
    *stock_patterns,
    *label_patterns,
]
