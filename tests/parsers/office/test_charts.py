"""Charts of Office files become tables of their figures."""

import pytest
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.parsers.office.pptx_writer import Deck


def add_chart(deck: Deck, kind: XL_CHART_TYPE, data: CategoryChartData | XyChartData):
    shapes = deck.slide().shapes
    return shapes.add_chart(kind, 0, 0, Inches(4), Inches(3), data).chart


@pytest.fixture(scope="module")
def figures() -> CategoryChartData:
    data = CategoryChartData(number_format="0.00")
    data.categories = ["2003", "2004"]
    data.add_series("S", (1.5, None))
    return data


def test_a_chart_is_its_title_and_a_table(figures):
    deck = Deck()
    chart = add_chart(deck, XL_CHART_TYPE.BAR_CLUSTERED, figures)
    chart.has_title = True
    chart.chart_title.text_frame.text = "Growth"
    assert deck.elements() == [("paragraph", "Growth"), ("table", " | S\n2003 | 1.50\n2004 | ")]


def test_every_kind_of_chart_is_read(figures):
    deck = Deck()
    kinds = [
        XL_CHART_TYPE.DOUGHNUT,
        XL_CHART_TYPE.LINE,
        XL_CHART_TYPE.RADAR,
        XL_CHART_TYPE.AREA,
        XL_CHART_TYPE.PIE,
    ]
    charts = [add_chart(deck, kind, figures) for kind in kinds]
    # python-pptx writes no three-dimensional charts.
    for plot in charts[-1]._chartSpace.iter("{*}pieChart"):
        plot.tag = plot.tag.replace("pieChart", "pie3DChart")
    tables = [text for kind, text in deck.elements() if kind == "table"]
    assert tables == [" | S\n2003 | 1.50\n2004 | "] * len(kinds)


def test_points_of_each_series_have_labels_of_their_own():
    deck = Deck()
    data = XyChartData()
    for name, points in (("S", [(1, 2), (3, 4)]), ("T", [(5, 6.5)])):
        series = data.add_series(name)
        for point in points:
            series.add_data_point(*point)
    add_chart(deck, XL_CHART_TYPE.XY_SCATTER, data)
    assert deck.elements() == [("table", " | S\n1 | 2\n3 | 4"), ("table", " | T\n5 | 6.5")]


def test_labels_on_two_levels_are_joined():
    deck = Deck()
    data = CategoryChartData()
    for year in ("2003", "2004"):
        outer = data.add_category(year)
        outer.add_sub_category("H1")
        outer.add_sub_category("H2")
    data.add_series("S", (1, 2, 3, 4))
    add_chart(deck, XL_CHART_TYPE.BAR_CLUSTERED, data)
    assert deck.elements() == [
        ("table", " | S\n2003 H1 | 1\n2003 H2 | 2\n2004 H1 | 3\n2004 H2 | 4")
    ]
