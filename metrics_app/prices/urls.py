"""Below /o/<organization>/costs/prices/."""

from django.urls import path

from metrics_app.prices import views

urlpatterns = [
    path("", views.price_page, name="prices"),
    path("list/", views.price_list, name="price-list"),
    path("own/", views.own_price, name="own-price"),
    path("own/remove/", views.own_price_remove, name="own-price-remove"),
    path("recompute/", views.recompute, name="recompute"),
    path("recompute/cancel/", views.recompute_cancel, name="recompute-cancel"),
]
