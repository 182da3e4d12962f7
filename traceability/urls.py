"""Pages of the ledger and of the nouns that everyone shares."""

from django.urls import URLPattern, URLResolver, path

from traceability.views import entries, holds, home, jobs, lot_lists, lots, masters, people, search
from traceability.views.stock import pages, places

app_name = "traceability"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("login/", people.log_in, name="login"),
    path("logout/", people.log_out, name="logout"),
    path("theme/", people.choose_theme, name="theme"),
    path("help/", people.help_page, name="help"),
    path("search", search.search, name="search"),
    path("lots/", lot_lists.LotList.as_view(), name="lots"),
    path("lots/<int:pk>/", lots.lot_page, name="lot"),
    path("lots/<int:pk>/movements/", lots.movements, name="movements"),
    path("lots/<int:pk>/inside/", lots.inside, name="inside"),
    path("lots/<int:pk>/hold/", holds.place_hold, name="place_hold"),
    path("lots/<int:pk>/lift/", holds.lift_hold, name="lift_hold"),
    path("lots/<int:pk>/where-used/", lot_lists.WhereUsed.as_view(), name="where_used"),
    path("lots/<int:pk>/where-from/", lot_lists.WhereFrom.as_view(), name="where_from"),
    path("entries/", entries.EntryList.as_view(), name="entries"),
    path("entries/<int:seq>/", entries.entry_page, name="entry"),
    path("stock/", pages.StockByItem.as_view(), name="stock"),
    path("stock/items/<int:pk>/", pages.StockOfItem.as_view(), name="stock_item"),
    path("stock/places/", places.StockByPlace.as_view(), name="stock_places"),
    path("stock/quantities/", pages.Quantities.as_view(), name="stock_quantities"),
    path("stock/expiry/", pages.Expiry.as_view(), name="stock_expiry"),
    path("stock/away/", pages.Away.as_view(), name="stock_away"),
    path("stock/in-process/", pages.InProcess.as_view(), name="stock_in_process"),
    path("jobs/<int:pk>/", jobs.job_page, name="job"),
    path("jobs/<int:pk>/file", jobs.job_file, name="job_file"),
    path("jobs/<int:pk>/cancel", jobs.job_cancel, name="job_cancel"),
    path("items/", masters.ItemList.as_view(), name="items"),
    path("items/<int:pk>/", masters.item_page, name="item"),
    path("locations/", masters.LocationList.as_view(), name="locations"),
    path("locations/<int:pk>/", masters.LocationPage.as_view(), name="location"),
    path("containers/<int:pk>/", masters.ContainerPage.as_view(), name="container"),
    path("parties/", masters.PartyList.as_view(), name="parties"),
    path("parties/<int:pk>/", masters.party_page, name="party"),
]
